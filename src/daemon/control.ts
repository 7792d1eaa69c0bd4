import { z } from 'zod';
import type { Applied } from '../apply/executor.ts';
import { en } from '../i18n/en.ts';
import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import type { Message } from '../model/message.ts';
import type { RenewalAsk, RenewalResult } from './acme/keeper.ts';
import {
  askDaemon,
  type ControlRoute,
  type ControlRoutes,
  faultOf,
  listenOn,
  nextOf,
  type ToldFault,
  textOf,
} from './control-socket.ts';

/** What became of reading the description again. JSON-safe. */
export type Reloaded =
  /** `outcome`, `hash` and `started` as of `apply`; `findings` are those of the description and of its engines. */
  | ({ readonly kind: 'applied'; readonly site: string } & Applied)
  /** The description has errors: what was last good is being served. */
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }
  /** Something is wrong in the world. */
  | {
      readonly kind: 'failed';
      readonly fault: ToldFault;
      readonly findings: readonly Finding[];
    };

const reloadPath = '/reload';
const renewPath = '/certificates/renew';
/** Applies again what was applied last: what its certificates and lists say has changed. */
const refreshPath = '/refresh';

/** Renews certificates for whoever asks, and tells the steps. */
export type Renew = (ask: RenewalAsk, tell: (step: Message) => void) => Promise<readonly RenewalResult[]>;

/**
 * Answers requests to read the description again, to apply again what was applied last, to renew certificates, and `more`, until told to
 * stop. Throws `daemon.running` when another daemon does so for this state folder.
 */
export async function listenControl(
  state: string,
  reload: () => Promise<Reloaded>,
  refresh: () => Promise<Reloaded>,
  renew?: Renew,
  more: ControlRoutes = {},
): Promise<{ close(): Promise<void> }> {
  return listenOn(state, {
    ...more,
    [reloadPath]: answerReload(reload),
    [refreshPath]: answerReload(refresh),
    ...(renew ? { [renewPath]: answerRenewal(renew) } : {}),
  });
}

function answerReload(work: () => Promise<Reloaded>): ControlRoute {
  return async (_, answer) => {
    const reloaded = await work();
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reloaded));
  };
}

/** One JSON value a line: steps as they are done, then what became of it. */
type RenewalLine =
  | { readonly step: Message }
  | { readonly results: readonly RenewalResult[] }
  | { readonly fault: ToldFault };

function answerRenewal(renew: Renew): ControlRoute {
  return async (asked, answer) => {
    answer.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const say = (line: RenewalLine) => answer.write(`${JSON.stringify(line)}\n`);
    try {
      const { name, ...ask } = askSchema.parse(JSON.parse(await textOf(asked)));
      say({
        results: await renew({ ...ask, ...(name === undefined ? {} : { name }) }, (step) => say({ step })),
      });
    } catch (error) {
      const fault = error instanceof Fault ? error : new Fault('acme.renew.ended', {}, { cause: error });
      const { code, params, pointer, next } = fault;
      say({ fault: { code, params, pointer, next } });
    }
    answer.end();
  };
}

const askSchema = z.strictObject({
  name: z.string().optional(),
  rehearse: z.boolean(),
  force: z.boolean(),
});

/**
 * Has the daemon of a state folder renew certificates; `undefined` when none runs there. Throws what made it impossible to begin, and
 * `acme.renew.ended` when the daemon ended meanwhile.
 */
export async function requestRenewal(
  state: string,
  ask: RenewalAsk,
  tell: (step: Message) => void,
): Promise<readonly RenewalResult[] | undefined> {
  let last: RenewalLine | undefined;
  const body = await askDaemon(state, 'POST', renewPath, {
    sent: JSON.stringify(ask),
    hear: (line) => {
      last = JSON.parse(line) as RenewalLine;
      if ('step' in last) tell(last.step);
    },
  });
  if (body === undefined && last === undefined) return undefined;
  if (last && 'results' in last) return last.results;
  if (last && 'fault' in last) throw faultOf(last.fault);
  throw new Fault('acme.renew.ended', {});
}

/** Has the daemon of a state folder read its description again, and waits for what becomes of it. Throws `daemon.absent`. */
export async function requestReload(state: string): Promise<Reloaded> {
  const answer = await askDaemon(state, 'POST', reloadPath);
  if (answer === undefined)
    throw new Fault('daemon.absent', { state }, { next: nextOf('daemon.absent', state) });
  return JSON.parse(answer);
}

/** Has the daemon of a state folder apply again what it applied last; `undefined` when none runs. */
export async function requestRefresh(state: string): Promise<Reloaded | undefined> {
  const answer = await askDaemon(state, 'POST', refreshPath);
  // A daemon of before does not know the question.
  return answer === undefined || answer === '' ? undefined : JSON.parse(answer);
}

/**
 * What `poterne reload --json` printed on another machine, or `undefined` for what it never prints: whoever has broken
 * into the gateway's account answers as he likes. Its findings have pointers and no places: those are of that machine's
 * copy of the description.
 */
export function readReloaded(stdout: string): Reloaded | undefined {
  try {
    const { raw, fault } = JSON.parse(stdout);
    // It could not ask: no daemon runs there.
    const reloaded: Reloaded = raw ?? { kind: 'failed', fault: { ...fault, next: undefined }, findings: [] };
    if (!isSayable(reloaded)) return undefined;
    const findings = reloaded.findings.map(({ at: _, ...finding }) => finding);
    return { ...reloaded, findings };
  } catch {
    return undefined;
  }
}

/** Whether there are texts for all of it. */
function isSayable(reloaded: Reloaded): boolean {
  const said = reloaded.findings.flatMap(({ code, hint }) => [code, ...(hint ? [hint.code] : [])]);
  if (reloaded.kind === 'failed') said.push(reloaded.fault.code);
  if (reloaded.kind === 'failed' && reloaded.fault.next) said.push(reloaded.fault.next.code);
  const isKind = ['applied', 'refused', 'failed'].includes(reloaded.kind);
  const isOutcome = reloaded.kind !== 'applied' || Object.hasOwn(en, `apply.outcome.${reloaded.outcome}`);
  return isKind && isOutcome && said.every((code) => Object.hasOwn(en, code));
}
