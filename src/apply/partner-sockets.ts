import { lstat, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';

/**
 * Whoever may enter the folder of a partner's socket may call the partner, since engines open their sockets to everybody. Throws
 * `partner.socket.folder` for one that is not there, and `partner.socket.open` for one that everybody may enter.
 */
export async function requireSocketFolders({ partners }: Site): Promise<void> {
  for (const { name, socket, pointer } of partners) {
    if (socket === undefined) continue;
    const folder = dirname(socket);
    const found = await stat(folder).catch(() => undefined);
    const code = !found?.isDirectory()
      ? 'partner.socket.folder'
      : (found.mode & 0o001) !== 0
        ? 'partner.socket.open'
        : undefined;
    if (code === undefined) continue;
    const next = message(`${code}.next`, { folder });
    throw new Fault(code, { name, folder }, { pointer: `${pointer}/socket`, next });
  }
}

/** A killed engine leaves the sockets of partners, and the next one could not listen there: those that nobody answers go. */
export async function clearPartnerSockets(site: Site | undefined): Promise<void> {
  for (const { socket } of site?.partners ?? []) {
    if (socket === undefined) continue;
    const isSocket = (await lstat(socket).catch(() => undefined))?.isSocket() ?? false;
    if (isSocket && !(await answers(socket))) await rm(socket, { force: true });
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const tried = connect({ path: socket });
    tried.once('connect', () => resolve(true));
    tried.once('error', () => resolve(false));
    tried.once('close', () => resolve(false));
    tried.once('connect', () => tried.destroy());
  });
}
