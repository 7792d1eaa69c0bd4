import { constants } from 'node:fs';
import { access, chmod, chown, copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { auditFolder } from '../audit/files.ts';
import { openAudit } from '../audit/log.ts';
import { listenControl } from '../bastion/control.ts';
import { sessionSocket } from '../bastion/protocol.ts';
import type { SessionRecord } from '../bastion/record.ts';
import { openRecordings, type Recordings } from '../bastion/recordings.ts';
import { readServed } from '../bastion/served.ts';
import { openSessions, type Sessions, type Told } from '../bastion/sessions.ts';
import { auditEntry } from '../bastion/told.ts';
import { whenceOf } from '../bastion/whence.ts';
import { localhost } from '../hosts/local.ts';
import { type Message, message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import {
  openSshAuthority,
  revokedFile,
  type SshAuthority,
  sshAuthorityFolder,
} from '../pki/ssh-authority.ts';
import { makeKey } from '../pki/ssh-keygen.ts';
import { innerHostKey, innerRevocations } from '../plan/bastion/inner.ts';
import { bastionAddresses, ledBy } from '../plan/bastion/rules.ts';
import { enterable } from '../plan/bastion/stand-in.ts';
import { retryLetters, tellEverybody } from './glass.ts';
import { followSshd } from './sshd-log.ts';

/** What the daemon of a bastion needs of whoever runs it. */
export interface BastionOn {
  readonly tell: (what: Message) => void;
  readonly trouble: (error: unknown) => void;
  /** Told once people may come in. */
  readonly ready: () => void;
  /** Aborted: end every session and come back. */
  readonly signal: AbortSignal;
}

/** A session's key is used at once. */
const sessionLifetime = 60_000;
/** The certificate of the host key that stands for all machines; made anew long before it ends. */
const hostLifetime = 7 * 86_400_000;
const every = { host: 86_400_000, forget: 3_600_000, letters: 60_000, revocations: 300 } as const;
/** Room that recordings leave: other programs of the machine need some too. */
const reserve = 64 << 20;
/** OpenSSH takes 256 names in a certificate. */
const mostNames = 250;

/** Runs the bastion of this machine until told to stop. Throws `bastion.site`, `ssh.authority.missing`, `audit.unwritable`. */
export async function serveBastion(state: string, path: string, on: BastionOn): Promise<void> {
  let site = await readServed(path);
  const audit = await openAudit(state);
  const authority = await openSshAuthority(state, audit);
  const recordings = await openRecordings(state);
  let revoked = await authority.revoked();
  await closeUnfinished(recordings, async (told) => void (await audit.append(auditEntry(told))), on);
  await publishRevocations(authority);
  let published = await publish(site, authority);
  const sessions = openSessions({
    site: () => site,
    recordings,
    audit: async (told) => void (await audit.append(auditEntry(told))),
    certify: (record, publicKey) => certify(site, authority, record, publicKey),
    whence: (connection) => whenceOf(connection),
    isRevoked: ({ person, serial }) =>
      revoked.people.includes(person) || (serial !== undefined && revoked.serials.includes(Number(serial))),
    alarm: (record) => tellEverybody(state, site, record, on.trouble),
    trouble: on.trouble,
    async unwritable() {
      const isOpen = await access(auditFolder(state), constants.W_OK).then(
        () => true,
        () => false,
      );
      if (!isOpen) return message('session.unrecorded');
      const free = await recordings.free().catch(() => 0);
      return free < reserve ? message('session.full') : undefined;
    },
  });
  const server = await listen(sessions);
  const control = await listenControl(state, {
    async reload() {
      site = await readServed(path);
      published = await publish(site, authority, published);
      sessions.review();
      const count = sessions.count();
      on.tell(message('bastion.reloaded', { site: site.name, count }));
      return { sessions: count };
    },
    async cut(name, reason, by) {
      const found = sessions.cut(name, reason);
      for (const { id, host, account } of found)
        await audit.append({
          ...{ who: by, what: 'session.cut', to: `${host}/${account}`, from: 'here', result: 'done' },
          detail: { session: id, reason },
        });
      return found;
    },
  });
  void followSshd(
    () => site,
    async (entry) => void (await audit.append(entry).catch(on.trouble)),
    on.signal,
  ).catch(on.trouble);
  const timers = [
    followRevocations(
      state,
      async () => {
        revoked = await authority.revoked();
        sessions.review();
        await publishRevocations(authority);
      },
      on.trouble,
    ),
    setInterval(() => void publish(site, authority).catch(on.trouble), every.host),
    setInterval(() => void forget(recordings, site, on), every.forget),
    setInterval(() => void retryLetters(state, site, on.trouble), every.letters),
  ];
  void forget(recordings, site, on);
  const machines = enterable(site).length;
  on.tell(message('bastion.ready', { site: site.name, count: site.people.length, machines }));
  on.ready();
  await new Promise<void>((resolve) => on.signal.addEventListener('abort', () => resolve()));
  for (const timer of timers) clearInterval(timer);
  server.close();
  await sessions.close();
  control.close();
}

/** Sessions whose daemon was killed have no end: they ended with it, and the log must say so. */
async function closeUnfinished(
  recordings: Recordings,
  audit: (told: Told) => Promise<void>,
  on: BastionOn,
): Promise<void> {
  for (const record of await recordings.list()) {
    if (record.ended !== undefined) continue;
    const ended = { ...record, ended: new Date().toISOString(), ending: 'interrupted' } as const;
    await audit({ what: 'session.end', record: ended });
    await recordings.amend(ended);
    on.tell(message('bastion.interrupted', { session: record.id, person: record.person }));
  }
}

async function certify(
  site: Site,
  authority: SshAuthority,
  { id, person, host, account, activity, from }: SessionRecord,
  publicKey: string,
): Promise<string> {
  const { certificate } = await authority.issue({
    subject: {
      ...{ kind: 'session', person, session: id, host, account },
      ...{ from: bastionAddresses(site).join(','), activity },
    },
    publicKey,
    lifetime: sessionLifetime,
    who: person,
    from,
  });
  return certificate;
}

/** The session processes' socket: whoever is of their group may write there, and only sshd makes such processes. */
async function listen(sessions: Sessions): Promise<Server> {
  await rm(sessionSocket, { force: true });
  const server = createServer((socket) => sessions.enter(socket));
  const before = process.umask(0o117);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(sessionSocket, resolve);
  });
  process.umask(before);
  await forSessions(sessionSocket);
  return server;
}

/** Gives a file to the group of session processes. */
async function forSessions(path: string): Promise<void> {
  const { stdout } = await localhost.run(['getent', 'group', 'poterne-session']);
  await chown(path, process.getuid?.() ?? 0, Number(stdout.split(':')[2]));
}

/** Has the sshd that answers in the machines' place show a key that is certified for them, unless `published` was; what for. */
async function publish(site: Site, authority: SshAuthority, published = ''): Promise<string> {
  const machines = enterable(site);
  const all = [...new Set(machines.flatMap((host) => [host.name, ...ledBy(host)]))];
  const names = all.length > mostNames ? ['*'] : all;
  const wanted = names.join(' ');
  if (names.length === 0 || wanted === published) return published;
  const folder = `${innerHostKey}.new`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  const key = join(folder, 'key');
  const publicKey = await makeKey(key, 'bastion');
  const { certificate } = await authority.issue({
    subject: { kind: 'host', host: 'bastion', names },
    publicKey,
    lifetime: hostLifetime,
    who: 'poterne',
  });
  await writeFile(`${key}-cert.pub`, certificate);
  for (const suffix of ['', '-cert.pub']) {
    await chmod(key + suffix, 0o640);
    await forSessions(key + suffix);
    await rename(key + suffix, innerHostKey + suffix);
  }
  await rm(folder, { recursive: true });
  return wanted;
}

async function publishRevocations({ revocations }: SshAuthority): Promise<void> {
  await copyFile(revocations, `${innerRevocations}.new`);
  await forSessions(`${innerRevocations}.new`);
  await rename(`${innerRevocations}.new`, innerRevocations);
}

/**
 * Calls whenever the authority takes something back, whoever had it do so. Looks instead of being told: root writes the file before
 * it gives it to us, and what could not be read is read at the next look.
 */
function followRevocations(
  state: string,
  changed: () => Promise<void>,
  trouble: (error: unknown) => void,
): NodeJS.Timeout {
  const file = join(sshAuthorityFolder(state), revokedFile);
  const seen = async () => {
    const { ino, mtimeMs } = await stat(file).catch(() => ({ ino: 0, mtimeMs: 0 }));
    return `${ino} ${mtimeMs}`;
  };
  let last: string | undefined;
  let isLooking = false;
  return setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      const now = await seen();
      // The first time too: it may have changed since we read it.
      if (now !== last) await changed();
      last = now;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') trouble(error);
    } finally {
      isLooking = false;
    }
  }, every.revocations);
}

async function forget(recordings: Recordings, site: Site, on: BastionOn): Promise<void> {
  const keep = site.bastion?.keep;
  if (keep === undefined) return;
  await recordings.forget(new Date(Date.now() - keep)).catch(on.trouble);
}
