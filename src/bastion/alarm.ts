import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where terminals of this machine are: of those who are logged in to it, and of those in a session through it. */
const folder = '/dev/pts';

/** Tells everybody who has a terminal here. `wall` would look for them in utmp, which Debian 13 keeps no more. */
export async function tellTerminals(text: string): Promise<void> {
  // One line: what somebody gave as a reason must not look like another message.
  const line = `\r\n\u0007${text.replaceAll(/\p{Cc}/gu, ' ')}\r\n`;
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name));
  await Promise.all(names.map((name) => tell(join(folder, name), line).catch(() => undefined)));
}

/** Waits for nobody: a terminal that is stopped is not told. */
async function tell(path: string, line: string): Promise<void> {
  const terminal = await open(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  await terminal.write(line).finally(() => terminal.close());
}
