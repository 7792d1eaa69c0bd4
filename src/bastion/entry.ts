import { mayBreakGlass, mayEnter, type Verdict } from '../lib/access.ts';
import { sshCertificate } from '../lib/ssh-certificate.ts';
import { personPrincipal } from '../model/access.ts';
import { type Message, message } from '../model/message.ts';
import type { Host, Site } from '../model/site.ts';
import { standIns } from '../plan/bastion/stand-in.ts';
import { type Activity, type Hello, kindOf } from './protocol.ts';
import type { SessionRecord } from './record.ts';

/** Who connected to the bastion, as root saw it there: the outer connection of the one that is inside it. */
export interface Whence {
  /** The account on the bastion, which is the person's. */
  readonly account: string;
  /** The address that they came from. */
  readonly address: string;
}

/** Somebody who wants in, and what is wanted; what of it is not known is absent. */
export interface Visitor {
  readonly person?: string;
  readonly host?: Host;
  readonly account: string;
  readonly activity: Activity;
  readonly command?: string;
  readonly from: string;
  /** The serial number of a certificate; absent for a registered key. */
  readonly serial?: string;
  readonly breakGlass?: string;
}

/** Who it is, from what sshd says of them; `why` when they cannot be let in whatever the rules say. */
export function visitorOf(
  site: Site,
  hello: Hello,
  whence: Whence | undefined,
): { readonly visitor: Visitor; readonly why?: Message } {
  const [, , local = ''] = hello.connection.split(' ');
  const stands = standIns(site).find(({ address }) => address === local);
  const host = site.hosts.find(({ name }) => name === stands?.host);
  const { person, serial } = proven(site, hello.proof);
  const visitor: Visitor = {
    ...(person === undefined ? {} : { person }),
    ...(host ? { host } : {}),
    account: hello.account,
    activity: hello.files ? 'files' : hello.terminal ? 'terminal' : 'command',
    ...(hello.command === undefined || hello.files ? {} : { command: hello.command }),
    from: whence?.address ?? '',
    ...(serial === undefined ? {} : { serial }),
    ...(hello.breakGlass === undefined ? {} : { breakGlass: hello.breakGlass }),
  };
  if (person === undefined || !host) return { visitor, why: message('session.unproven') };
  if (!whence) return { visitor, why: message('session.whence') };
  // A certificate that somebody else brings over their own connection.
  if (whence.account !== person)
    return { visitor, why: message('session.other', { person, account: whence.account }) };
  return { visitor };
}

/** Whose certificate or registered key it is. */
function proven(site: Site, proof: string): { readonly person?: string; readonly serial?: string } {
  for (const line of proof.split('\n')) {
    const [method, type = '', base64 = ''] = line.trim().split(/\s+/);
    if (method !== 'publickey') continue;
    const certificate = sshCertificate(`${type} ${base64}`);
    const known = site.people.find(({ name, keys }) =>
      certificate
        ? certificate.principals.includes(personPrincipal(name))
        : site.bastion?.staticKeys && keys.includes(`${type} ${base64}`),
    );
    if (!known) return {};
    return { person: known.name, ...(certificate ? { serial: String(certificate.serial) } : {}) };
  }
  return {};
}

/** Whether the description lets somebody in now, or goes on letting them in: asked at the beginning and again and again. */
export function verdictOf(
  site: Site,
  asked: Pick<SessionRecord, 'person' | 'host' | 'account' | 'activity' | 'breakGlass'>,
  at: Date,
): Verdict {
  const { person, host, account } = asked;
  const entry = { person, host, account, kind: kindOf(asked.activity), at };
  return asked.breakGlass === undefined ? mayEnter(site, entry) : mayBreakGlass(site, entry);
}
