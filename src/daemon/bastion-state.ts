import { chown, mkdir, stat } from 'node:fs/promises';
import { localhost } from '../hosts/local.ts';
import { bastionPlaces } from '../model/access.ts';
import { Fault } from '../model/fault.ts';
import { denied } from './denied.ts';

/**
 * Makes the state folder of a bastion, for its owner alone. Root makes the installed bastion's own for the account of the
 * daemon, which is made too: the authority is that account's, and nobody else's. Throws `state.denied`.
 */
export async function prepareBastionState(state: string): Promise<void> {
  try {
    await mkdir(state, { recursive: true, mode: 0o700 });
    if (state !== bastionPlaces.state || process.getuid?.() !== 0 || (await stat(state)).uid !== 0) return;
    const [uid, gid] = await idsOf(bastionPlaces.account);
    await chown(state, uid, gid);
  } catch (cause) {
    throw denied(state, cause) ?? cause;
  }
}

async function idsOf(account: string): Promise<readonly [number, number]> {
  const ask = () => localhost.run(['getent', 'passwd', account]);
  let asked = await ask();
  if (asked.code !== 0) {
    const home = ['--no-create-home', '--home-dir', bastionPlaces.state];
    const made = await localhost.run([
      ...['useradd', '--system', '--user-group', ...home],
      ...['--shell', '/usr/sbin/nologin', '--', account],
    ]);
    if (made.code !== 0) throw new Fault('ssh.account.failed', { account, reason: made.stderr.trim() });
    asked = await ask();
  }
  const [, , uid, gid] = asked.stdout.split(':').map(Number);
  return [uid as number, gid as number];
}
