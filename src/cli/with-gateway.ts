import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { type Gateway, openGateway } from '../daemon/gateway.ts';
import { localhost } from '../hosts/local.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import { installedGateway } from '../plan/gateway-part.ts';
import { besideFolder } from './context.ts';
import { isInstalled } from './description.ts';
import { askedBy, localAccount } from './local-account.ts';

/**
 * Opens the gateway of this machine, works with it, and closes it whatever happens. Where another account runs it (that
 * of a service), root has this command run again as that account, which could not work with what root leaves there.
 */
export async function withGateway<T>(state: string, work: (gateway: Gateway) => Promise<T>): Promise<T> {
  await becomeOwner(state);
  return withOpen(state, work);
}

/** Root goes on as the account that a state folder belongs to, in a process that this one ends with; others stay who they are. */
export async function becomeOwner(state: string): Promise<void> {
  const owner = await otherOwner(state);
  if (owner) runAsOwner(owner, state);
}

/** The same for what asks others in the installed gateway's place, by its description: root may read secrets that its account may not. */
export async function becomeInstalled(description: string): Promise<void> {
  if (isInstalled(description)) await becomeOwner(installedGateway.state);
}

/**
 * The same for what only the account that runs the gateway can do: its engine holds ports and runs with rights that
 * nobody else would start it with. Throws `state.owned` when root asks for it.
 */
export async function withOwnGateway<T>(state: string, work: (gateway: Gateway) => Promise<T>): Promise<T> {
  const owner = await otherOwner(state);
  if (!owner) return withOpen(state, work);
  const { stdout } = await localhost.run(['id', '--name', '--user', String(owner.uid)]);
  const account = stdout.trim() || owner.uid;
  throw new Fault('state.owned', { state, account }, { next: message('state.owned.next') });
}

/**
 * The same for what reaches other machines, which needs the keys of whoever asks: where a service owns the folder, root
 * works in one beside it.
 */
export async function withControllerState<T>(
  state: string,
  work: (gateway: Gateway) => Promise<T>,
): Promise<T> {
  return withOpen((await otherOwner(state)) ? besideFolder(state) : state, work);
}

async function withOpen<T>(state: string, work: (gateway: Gateway) => Promise<T>): Promise<T> {
  const gateway = await openGateway(state);
  try {
    return await work(gateway);
  } finally {
    await gateway.close();
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Whose the state folder is, when we are root and it is not root's. */
async function otherOwner(state: string): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await stat(state).catch(() => undefined);
  return found && found.uid !== 0 ? found : undefined;
}

const harmlessNames =
  /^(?:PATH|TZ|TERM|COLORTERM|NO_COLOR|COLUMNS|LINES|LANG|LANGUAGE|LC_\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|POTERNE_\w+)$/;

/** What another account may know of our environment: its processes read it, and root's may hold secrets. */
export function handedOn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => harmlessNames.test(name)));
}

/** Ends this process as the same command ends under another account. Debian's Node refuses to change its own. */
export function runAsOwner({ uid, gid }: Owner, state: string): never {
  const rights = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs'];
  const { status, error } = spawnSync(
    '/usr/bin/setpriv',
    [...rights, '--', process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    {
      stdio: 'inherit',
      env: { ...handedOn(process.env), POTERNE_STATE: state, [askedBy]: localAccount() },
    },
  );
  if (error) throw error;
  process.exit(status ?? 1);
}
