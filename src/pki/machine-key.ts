import { randomBytes } from 'node:crypto';
import { access, constants, link, mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeSynced } from '../hosts/files.ts';
import { readSecret } from '../secrets/read.ts';

/** The name of the systemd credential that holds the key, where one is given. */
const credential = 'poterne-machine-key';

/**
 * Where the machine's key lies: what unlocks the private keys of a state folder, and is never in it. `POTERNE_MACHINE_KEY`, else the
 * service's credential, else beside the machine's description, else in the account's configuration.
 */
export async function machineKeyFile(
  state: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  if (environment.POTERNE_MACHINE_KEY) return environment.POTERNE_MACHINE_KEY;
  const given = environment.CREDENTIALS_DIRECTORY && join(environment.CREDENTIALS_DIRECTORY, credential);
  if (given && (await isThere(given))) return given;
  if (state.startsWith('/var/lib/')) return '/etc/poterne/machine.key';
  return join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'poterne', 'machine.key');
}

/**
 * The machine's key (256 random bits in base64), made the first time; `undefined` where none is and none can be made. Throws what
 * `readSecret` throws, as when others may read it.
 */
export async function machineKey(
  state: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const file = await machineKeyFile(state, environment);
  if (!(await isThere(file)) && !(await make(file))) return undefined;
  return readSecret({ file, pointer: '' });
}

async function make(file: string): Promise<boolean> {
  const fresh = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeSynced(fresh, `${randomBytes(32).toString('base64')}\n`, 0o600);
    // Of two that come at once, the first makes it.
    await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // An account without a home, a file system that is read-only: keys stay as they are, and `cert authority` says so.
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOENT' || code === 'EPERM' || code === 'ENOTDIR')
      return false;
    throw error;
  } finally {
    await rm(fresh, { force: true }).catch(() => undefined);
  }
}

async function isThere(file: string): Promise<boolean> {
  return access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
}
