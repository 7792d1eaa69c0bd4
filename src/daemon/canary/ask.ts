import { connect, isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { marked } from '../../lib/own-question.ts';
import { mapAtMost } from '../../lib/pool.ts';
import { wafCanary } from '../../lib/waf-log.ts';
import { type Message, message } from '../../model/message.ts';
import { clientVerification, isRequired, type Site } from '../../model/site.ts';
import type { Network } from '../../verify/index.ts';
import { thisMachine, verify } from '../../verify/index.ts';
import { endOf, readSeen, type Seen } from '../../waf/crs/seen.ts';
import { type CrsDoor, type RawAnswer, send } from '../../waf/crs/send.ts';
import type { Gateway } from '../gateway.ts';
import { noteOwn } from '../own-connections.ts';
import { clientCertificates } from '../proof.ts';
import { wafLogOf } from '../waf/log.ts';
import { markOf } from '../waf/own.ts';
import type { Questions, WafQuestion } from './questions.ts';
import type { CanaryKind } from './record.ts';

/** Milliseconds for one answer, and for the log to tell of it. */
const patience = { answer: 10_000, log: 3000 } as const;
/** How many are asked at the same time. */
const width = 4;

/** What asking needs of the gateway. */
export type Asking = Pick<Gateway, 'state' | 'authority'>;

/** Something that was not refused. */
export interface Unrefused {
  readonly id: string;
  readonly publication: string;
  readonly kind: CanaryKind;
  readonly seen: Message;
}

/** What asking told. */
export interface Told {
  readonly unrefused: readonly Unrefused[];
  /** Publications whose firewall could not be asked, by name: they need a certificate that cannot be shown here. */
  readonly unasked: readonly string[];
  /** Questions that nobody answered, by id: what was an alarm there still is one. */
  readonly unanswered: readonly string[];
}

/**
 * Asks everything, over this machine's own listener and in the way of visitors: TLS with the publication's name, and a PROXY protocol header
 * where one is expected. Gives what was not refused.
 */
export async function ask(gateway: Asking, questions: Questions): Promise<Told> {
  const [walls, entries] = await Promise.all([askWalls(gateway, questions), askEntries(gateway, questions)]);
  return {
    unrefused: [...walls.unrefused, ...entries.unrefused],
    unasked: walls.unasked,
    unanswered: [...walls.unanswered, ...entries.unanswered],
  };
}

async function askEntries(
  gateway: Asking,
  { site, entry }: Questions,
): Promise<Pick<Told, 'unrefused' | 'unanswered'>> {
  if (entry.length === 0) return { unrefused: [], unanswered: [] };
  const kinds = new Map(entry.map(({ kind, expectation }) => [expectation.id, kind]));
  const evidence = await verify(
    entry.map(({ expectation }) => ({ ...expectation, probe: here(site, expectation.probe) })),
    {
      vantage: { name: 'canary', address: listenerOf(site) },
      network: fromHere,
      clients: clientCertificates(gateway, site),
      timeout: patience.answer,
      concurrency: width,
    },
  );
  const broken = evidence.filter(({ held }) => !held);
  return {
    unrefused: broken.flatMap(({ expectation: id, about: publication, seen }) =>
      isUnreachable(seen) ? [] : [{ id, publication, kind: kinds.get(id) as CanaryKind, seen }],
    ),
    unanswered: broken.flatMap(({ expectation, seen }) => (isUnreachable(seen) ? [expectation] : [])),
  };
}

/** Nobody gets in where nothing answers: that an engine is down is told elsewhere. */
const isUnreachable = ({ code }: Message): boolean =>
  ['seen.refused', 'seen.reset', 'seen.unreachable', 'seen.gateway.unavailable', 'seen.tls.failed'].includes(
    code,
  ) || code.startsWith('seen.timeout.');

/** The same from where we stand: ports that others see may be other ones (a balancer's, a router's). */
function here({ gateway }: Site, probe: Questions['entry'][number]['expectation']['probe']) {
  return 'door' in probe ? { ...probe, door: { ...probe.door, port: gateway.httpsPort } } : probe;
}

/** An address of this machine at which the gateway listens. */
function listenerOf({ gateway }: Site): string {
  const [listen] = gateway.listen;
  if (listen === undefined || listen === '0.0.0.0') return '127.0.0.1';
  return listen === '::' ? '::1' : listen;
}

/** The loopback address of a family: by it the firewall knows that the question is the gateway's own. */
const loopback = (address: string): string => (isIP(address) === 6 ? '::1' : '127.0.0.1');

const fromHere: Network = {
  ...thisMachine,
  connect(address, port) {
    const wire = connect({ host: address, port, localAddress: loopback(address), noDelay: true });
    noteOwn(wire);
    return wire;
  },
};

async function askWalls(gateway: Asking, { site, waf }: Questions): Promise<Told> {
  if (waf.length === 0) return { unrefused: [], unasked: [], unanswered: [] };
  const log = wafLogOf(gateway.state);
  const since = await endOf(log);
  const mark = await markOf(gateway.state);
  const tried = await mapAtMost(waf, width, async (question) => ({
    question,
    answer: await askWall(gateway, site, mark === undefined ? question : withMark(question, mark)),
  }));
  const asked = tried.flatMap(({ question, answer }) => (answer ? [{ question, answer }] : []));
  const ids = asked.flatMap(({ answer }) => answer.requests);
  const known = new Set(ids);
  const until = Date.now() + patience.log;
  let seen = await readSeen(log, since, known);
  // The log is written a moment after the answer.
  const isLate = () =>
    asked.some(({ answer }) => answer.status === 403 && !found(seen.of(answer))) && Date.now() < until;
  while (isLate()) {
    await delay(100);
    seen = await readSeen(log, since, known);
  }
  return {
    unrefused: asked.flatMap(({ question: { publication }, answer }) => {
      const trouble = troubleOf(answer, seen.of(answer));
      const { name } = publication;
      return trouble ? [{ id: `${name}#waf`, publication: name, kind: 'waf' as const, seen: trouble }] : [];
    }),
    unasked: tried.flatMap(({ question, answer }) => (answer ? [] : [question.publication.name])),
    unanswered: asked.flatMap(({ question: { publication }, answer: { status } }) =>
      status === undefined || status === 429 ? [`${publication.name}#waf`] : [],
    ),
  };
}

/** Reports and bans know the question by its mark. */
const withMark = (question: WafQuestion, mark: string): WafQuestion => ({
  ...question,
  target: marked(question.target, mark, question.publication.id),
});

/** The answer to an attack; nothing where a client's certificate is needed, and none can be shown here. */
async function askWall(
  gateway: Asking,
  site: Site,
  { publication, target, isSpecial }: WafQuestion,
): Promise<RawAnswer | undefined> {
  const { example, routes } = publication;
  const verification = clientVerification(site, publication);
  const needs = verification && routes.some((route) => isRequired(verification, route));
  const client = needs
    ? await clientCertificates(gateway, site)(verification.configuration.name, 'right')
    : undefined;
  if (needs && !(client && 'key' in client)) return undefined;
  const address = listenerOf(site);
  const door: CrsDoor = {
    ...{ address, localAddress: loopback(address), port: site.gateway.httpsPort },
    ...{ name: example, proxyProtocol: site.gateway.proxyProtocol, connecting: noteOwn },
    ...(client && 'key' in client ? { client } : {}),
  };
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: ${example}`,
    'User-Agent: poterne',
    'Accept: application/json',
    `${wafCanary.header}: ${isSpecial ? wafCanary.strictly : wafCanary.asVisitors}`,
    'Connection: close',
  ];
  return send(door, Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), patience.answer);
}

/** Whether a rule of the Core Rule Set itself found something, and not only what counts; of what is as expected the log tells that and no more. */
const found = (seen: Seen | undefined): boolean =>
  seen?.isBrief || (seen?.ids.some((id) => id >= 911_000 && id < 949_000) ?? false);

/** What is wrong with an answer to an attack; nothing where it was refused. */
function troubleOf({ status, bytes }: RawAnswer, seen: Seen | undefined): Message | undefined {
  // Nobody got in: nothing answers, or the gateway refuses for another reason before its firewall looks.
  if (status === undefined || status === 503 || status === 429) return undefined;
  if (status !== 403) return message('canary.let-through', { status });
  // An audience refuses with 403 too, and so may a service: the firewall's own page says why.
  return found(seen) && bytes.includes('"why":"blocked"') ? undefined : message('canary.unseen');
}
