import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditLog } from '../audit/log.ts';
import { giveToOwner, readIfThere, writeDurably } from '../hosts/files.ts';
import { accountPrincipal, managementPrincipal, personPrincipal } from '../model/access.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import { withLock } from '../store/lock.ts';
import { inFolder, makeKey, readPublicKey, sign, sshKeygen } from './ssh-keygen.ts';

/** For whom or what a certificate is, and what it may do. */
export type Subject =
  /** A person, for the bastion alone: what it permits there is what the bastion's sshd does. */
  | { readonly kind: 'person'; readonly person: string }
  /** One session of a person on an account of a host, from one address. */
  | {
      readonly kind: 'session';
      readonly person: string;
      readonly session: string;
      readonly host: string;
      readonly account: string;
      readonly from: string;
      /** With a terminal, with a command alone, or for nothing but bringing and fetching files. */
      readonly activity: 'terminal' | 'command' | 'files';
    }
  /** Poterne itself, for the accounts that it logs in with. */
  | { readonly kind: 'management'; readonly by: string }
  /** A host key that the bastion shows for a host, under all its names and addresses. */
  | { readonly kind: 'host'; readonly host: string; readonly names: readonly string[] };

/** A certificate that was asked for. */
export interface CertificateRequest {
  readonly subject: Subject;
  /** The key that it is about, as `type base64`. */
  readonly publicKey: string;
  /** How long it is valid, in milliseconds. */
  readonly lifetime: number;
  /** On whose behalf, and from where; for the audit log. */
  readonly who: string;
  readonly from?: string;
}

/** A certificate that was issued, as it is remembered. JSON-safe. */
export interface Issued {
  readonly serial: number;
  readonly id: string;
  readonly kind: Subject['kind'];
  /** The person, when it is one's. */
  readonly person?: string;
  readonly principals: readonly string[];
  /** ISO 8601, UTC. */
  readonly from: string;
  readonly until: string;
}

/** What was revoked: certificates by their serial number, and people, who get no more of them. */
export interface Revoked {
  readonly serials: readonly number[];
  readonly people: readonly string[];
}

/** Poterne's SSH authority: one key signs for people, sessions and itself, another for hosts. */
export interface SshAuthority {
  /** The public keys, as `type base64`. */
  readonly userKey: string;
  readonly hostKey: string;
  /** Throws `ssh.revoked` for a revoked person, and `audit.unwritable`: nothing is issued that the log would not tell. */
  issue(request: CertificateRequest): Promise<Issued & { readonly certificate: string }>;
  /** What was issued and is valid yet, newest first. */
  valid(): Promise<readonly Issued[]>;
  revoked(): Promise<Revoked>;
  /** Revokes a certificate, or all of a person, who gets no more. Gives the serial numbers that are revoked now by this. */
  revoke(
    what: { readonly serial: number } | { readonly person: string },
    by: Requester,
  ): Promise<readonly number[]>;
  /** Lets a person have certificates again; those that were revoked stay so. */
  restore(person: string, by: Requester): Promise<void>;
  /** The file that sshd reads as RevokedKeys; always there. */
  readonly revocations: string;
}

/** Who asks for something, and from where. */
export interface Requester {
  readonly who: string;
  readonly from?: string;
}

/** Clocks of hosts lag: a certificate is valid from a minute before it was made. */
const backdate = 60_000;
const userKeyFile = 'user_ca';
const hostKeyFile = 'host_ca';
export const revocationsFile = 'revoked.krl';
const issuedFile = 'issued.json';
export const revokedFile = 'revoked.json';

/** The folder of the authority within a state folder. */
export const sshAuthorityFolder = (state: string): string => join(state, 'ssh-authority');

/** Makes the authority of a state folder, if there is none. Gives whether it was made now. */
export async function createSshAuthority(state: string): Promise<boolean> {
  const folder = sshAuthorityFolder(state);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  return withLock(folder, 30_000, async () => {
    if ((await readIfThere(join(folder, `${hostKeyFile}.pub`))) !== undefined) return false;
    await makeKey(join(folder, userKeyFile), 'Poterne: people and sessions');
    await writeRevocations(folder, []);
    // Last: an authority without it is not there yet.
    await makeKey(join(folder, hostKeyFile), 'Poterne: hosts');
    await giveToOwner(folder);
    return true;
  });
}

/** Opens the authority of a state folder. Throws `ssh.authority.missing` when none was made. */
export async function openSshAuthority(
  state: string,
  audit: AuditLog,
  now: () => Date = () => new Date(),
): Promise<SshAuthority> {
  const folder = sshAuthorityFolder(state);
  const keys = await Promise.all(
    [userKeyFile, hostKeyFile].map((name) => readPublicKey(join(folder, `${name}.pub`))),
  ).catch((cause: NodeJS.ErrnoException) => {
    const params = { folder, reason: cause.code ?? '' };
    const code = cause.code === 'ENOENT' ? 'ssh.authority.missing' : 'ssh.authority.unreadable';
    throw new Fault(code, params, { cause, next: message(`${code}.next`, params) });
  });
  const [userKey = '', hostKey = ''] = keys;
  const locked = <T>(work: () => Promise<T>) =>
    withLock(folder, 30_000, async () => {
      const result = await work();
      await giveToOwner(folder);
      return result;
    });

  return {
    userKey,
    hostKey,
    revocations: join(folder, revocationsFile),

    async issue({ subject, publicKey, lifetime, who, from }) {
      const { id, person, principals, options } = contentOf(subject);
      const entry = { who, what: `certificate.${subject.kind}`, ...(from === undefined ? {} : { from }) };
      if (person !== undefined && (await readRevoked(folder)).people.includes(person)) {
        await audit.append({ ...entry, to: principals[0] ?? '', result: 'refused' });
        const params = { person };
        throw new Fault('ssh.revoked', params, { next: message('ssh.revoked.next', params) });
      }
      const at = now();
      const begin = new Date(at.getTime() - backdate);
      const until = new Date(at.getTime() + lifetime);
      const issued = await locked(async (): Promise<Issued> => {
        const { next, issued } = await readIssued(folder);
        const one: Issued = {
          serial: next,
          id,
          kind: subject.kind,
          ...(person === undefined ? {} : { person }),
          principals,
          from: begin.toISOString(),
          until: until.toISOString(),
        };
        const kept = issued.filter((each) => Date.parse(each.until) > at.getTime());
        await writeIssued(folder, { next: next + 1, issued: [...kept, one] });
        return one;
      });
      const kind = subject.kind === 'host' ? 'host' : 'user';
      const certificate = await sign(join(folder, kind === 'host' ? hostKeyFile : userKeyFile), {
        ...{ kind, publicKey, id, principals, options, serial: issued.serial },
        ...{ from: begin, until },
      });
      await audit.append({
        ...entry,
        to: principals[0] ?? '',
        result: 'done',
        detail: { serial: issued.serial, id, until: issued.until },
      });
      return { ...issued, certificate };
    },

    async valid() {
      const { issued } = await readIssued(folder);
      return issued.filter(({ until }) => Date.parse(until) > now().getTime()).reverse();
    },

    revoked: () => readRevoked(folder),

    async revoke(what, { who, from }) {
      const serials = await locked(async () => {
        const { issued } = await readIssued(folder);
        const before = await readRevoked(folder);
        const wanted =
          'serial' in what
            ? [what.serial]
            : issued.filter(({ person }) => person === what.person).map(({ serial }) => serial);
        const fresh = wanted.filter((serial) => !before.serials.includes(serial));
        const people = 'person' in what ? [...new Set([...before.people, what.person])] : before.people;
        await writeRevoked(folder, { serials: [...before.serials, ...fresh], people });
        return fresh;
      });
      const to = 'serial' in what ? String(what.serial) : personPrincipal(what.person);
      const detail = { serials: serials.join(' ') };
      await audit.append({
        who,
        what: 'certificate.revoke',
        to,
        ...(from === undefined ? {} : { from }),
        result: 'done',
        detail,
      });
      return serials;
    },

    async restore(person, { who, from }) {
      await locked(async () => {
        const { serials, people } = await readRevoked(folder);
        await writeRevoked(folder, { serials, people: people.filter((each) => each !== person) });
      });
      const to = personPrincipal(person);
      await audit.append({
        who,
        what: 'certificate.restore',
        to,
        ...(from === undefined ? {} : { from }),
        result: 'done',
      });
    },
  };
}

/** What a certificate says of its subject. */
function contentOf(subject: Subject): {
  readonly id: string;
  readonly person?: string;
  readonly principals: readonly string[];
  readonly options: readonly string[];
} {
  switch (subject.kind) {
    case 'person': {
      const { person } = subject;
      // Forwarding is how ssh -J goes through the bastion; its sshd says where to.
      return {
        id: person,
        person,
        principals: [personPrincipal(person)],
        options: ['permit-pty', 'permit-port-forwarding'],
      };
    }
    case 'session': {
      const { person, session, host, account, from, activity } = subject;
      return {
        id: `${person} ${session}`,
        person,
        principals: [accountPrincipal(host, account)],
        options: [
          `source-address=${from}`,
          ...(activity === 'terminal' ? ['permit-pty'] : []),
          // sshd's own: a program would be started by the account's shell, which reads files that were brought.
          ...(activity === 'files' ? ['force-command=internal-sftp'] : []),
        ],
      };
    }
    case 'management':
      // Poterne goes through one host to another, and allocates no terminal.
      return {
        id: `poterne ${subject.by}`,
        principals: [managementPrincipal],
        options: ['permit-port-forwarding'],
      };
    case 'host':
      return { id: `host ${subject.host}`, principals: subject.names, options: [] };
  }
}

interface IssuedState {
  readonly next: number;
  readonly issued: readonly Issued[];
}

async function readIssued(folder: string): Promise<IssuedState> {
  const text = await readIfThere(join(folder, issuedFile));
  return text === undefined ? { next: 1, issued: [] } : JSON.parse(text);
}

async function writeIssued(folder: string, state: IssuedState): Promise<void> {
  await writeDurably(join(folder, issuedFile), JSON.stringify(state), 0o600);
}

async function readRevoked(folder: string): Promise<Revoked> {
  const text = await readIfThere(join(folder, revokedFile));
  return text === undefined ? { serials: [], people: [] } : JSON.parse(text);
}

async function writeRevoked(folder: string, revoked: Revoked): Promise<void> {
  // The list for sshd first: what is remembered as revoked is revoked.
  await writeRevocations(folder, revoked.serials);
  await writeDurably(join(folder, revokedFile), JSON.stringify(revoked), 0o600);
}

async function writeRevocations(folder: string, serials: readonly number[]): Promise<void> {
  await inFolder(async (work) => {
    const spec = join(work, 'spec');
    const list = join(work, 'krl');
    await writeFile(spec, serials.map((serial) => `serial: ${serial}\n`).join(''));
    await sshKeygen('-k', '-f', list, '-s', join(folder, `${userKeyFile}.pub`), spec);
    await writeDurably(join(folder, revocationsFile), await readFile(list), 0o644);
  });
}
