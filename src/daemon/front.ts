import { openAudit } from '../audit/log.ts';
import { readServed } from '../bastion/served.ts';
import { localhost } from '../hosts/local.ts';
import { say } from '../i18n/index.ts';
import { endOfAccess, hasEnded, mayEnter, reachableBy } from '../lib/access.ts';
import { harmless } from '../lib/harmless.ts';
import { publicKey } from '../lib/public-key.ts';
import type { Person } from '../model/access.ts';
import { accessKinds } from '../model/access.ts';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { openSshAuthority } from '../pki/ssh-authority.ts';

/** What the front on the bastion tells of somebody who is logged in to it. */
export interface FrontRequest {
  /** The name of the service's instance, which ends with the uid of who asks: the kernel said it. */
  readonly instance: string;
  /** Lines of a word and hexadecimal digits. */
  readonly said: string;
  readonly at: Date;
}

/** What goes back: an exit status, and a text for standard output (0) or standard error. */
export interface FrontAnswer {
  readonly status: number;
  readonly text: string;
}

interface Said {
  readonly command: string;
  readonly from: string;
  readonly proof: string;
  readonly input: string;
}

/** Answers somebody who is logged in to the bastion: a certificate for a registered key, where they may go, and nothing else. */
export async function answerFront(
  state: string,
  sitePath: string,
  request: FrontRequest,
): Promise<FrontAnswer> {
  const site = await readServed(sitePath);
  const tell = (text: Message) => `${harmless(say(site.language, text))}\n`;
  try {
    const person = await personOf(site, request.instance);
    const said = readSaid(request.said);
    if (!person) return { status: 1, text: tell(message('front.unknown')) };
    const [command = '', ...rest] = said.command.trim().split(/\s+/);
    if (command === 'certificate' && rest.length === 0)
      return { status: 0, text: `${await certify(state, site, person, said, request.at)}\n` };
    if (command === 'hosts' && rest.length === 0)
      return { status: 0, text: places(site, person, request.at) };
    const help = tell(message('front.help', { person: person.name }));
    if (command === '' || command === 'help') return { status: 0, text: help };
    const audit = await openAudit(state);
    const entry = { who: person.name, what: 'bastion.command', from: said.from, result: 'refused' } as const;
    await audit.append({ ...entry, to: site.bastion?.host ?? '', detail: { command: said.command } });
    return { status: 1, text: tell(message('front.refused')) + help };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { status: 1, text: tell(error) };
  }
}

/** The person whose account has the uid at the end of the instance's name. */
async function personOf({ people }: Site, instance: string): Promise<Person | undefined> {
  const uid = /-(\d+)$/.exec(instance)?.[1];
  if (uid === undefined) return undefined;
  const { stdout } = await localhost.run(['getent', 'passwd', uid]);
  const [account] = stdout.split(':');
  return people.find(({ name }) => name === account);
}

function readSaid(text: string): Said {
  const words = new Map(
    [...text.matchAll(/^([a-z]+) ((?:[0-9a-f]{2})*)$/gm)].map(([, name = '', hex = '']) => [
      name,
      Buffer.from(hex, 'hex').toString(),
    ]),
  );
  const word = (name: string) => words.get(name) ?? '';
  return {
    command: word('command'),
    from: word('connection').split(' ')[0] ?? '',
    proof: word('proof'),
    input: word('input'),
  };
}

/** A person's certificate. A registered key yields one, a certificate yields none: it would never end. */
async function certify(state: string, site: Site, person: Person, said: Said, at: Date): Promise<string> {
  const audit = await openAudit(state);
  const entry = { who: person.name, what: 'certificate.person', from: said.from, to: person.name } as const;
  const refuse = async (code: 'front.proof' | 'front.key' | 'entry.person.ended') => {
    await audit.append({ ...entry, result: 'refused', detail: { why: code } });
    return new Fault(code, { person: person.name, until: person.until ?? '' });
  };
  const isRegistered = said.proof
    .split('\n')
    .some((line) => person.keys.some((key) => line.trim() === `publickey ${key}`));
  if (!isRegistered) throw await refuse('front.proof');
  if (hasEnded(site, person, at)) throw await refuse('entry.person.ended');
  const key = publicKey(said.input);
  if (key === undefined) throw await refuse('front.key');
  const authority = await openSshAuthority(state, audit);
  const end = endOfAccess(site, person)?.getTime() ?? Number.POSITIVE_INFINITY;
  const { certificate } = await authority.issue({
    subject: { kind: 'person', person: person.name },
    publicKey: key,
    lifetime: Math.min(site.bastion?.certificates ?? 0, end - at.getTime()),
    who: person.name,
    from: said.from,
  });
  return certificate;
}

/** Where somebody may go, a line each: `debian@prod1  shell files`, and why not now where that is so. */
function places(site: Site, { name: person }: Person, at: Date): string {
  const found = new Map<string, Set<string>>();
  const whys = new Map<string, string>();
  for (const { host, account, rule } of reachableBy(site, person)) {
    const place = `${account}@${host}`;
    const now = found.get(place) ?? new Set<string>();
    found.set(place, now);
    for (const kind of accessKinds.filter((each) => rule.allow.includes(each))) {
      const verdict = mayEnter(site, { person, host, account, kind, at });
      if (verdict.allowed) now.add(kind);
      else whys.set(place, harmless(say(site.language, verdict.why)));
    }
  }
  if (found.size === 0) return `${say(site.language, message('front.nowhere', { person }))}\n`;
  const width = Math.max(...[...found.keys()].map((place) => place.length));
  return [...found]
    .map(
      ([place, now]) =>
        `${place.padEnd(width)}  ${now.size > 0 ? [...now].join(' ') : (whys.get(place) ?? '')}\n`,
    )
    .join('');
}
