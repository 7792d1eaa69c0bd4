import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { localhost } from '../../hosts/local.ts';
import { Fault } from '../../model/fault.ts';
import type { Site } from '../../model/site.ts';
import { followClock } from './clock.ts';
import { type Composed, composeEntry } from './compose.ts';
import { hasEntry } from './needed.ts';
import { type EntryOn, entryFolder, entrySocket } from './place.ts';

/** What answers nginx about visitors, and the portal's pages. */
export interface EntryServer {
  /** Answers as this site has it from now on; without one, or one that asks nobody, nothing listens. */
  follow(site: Site | undefined): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds. nginx gives up an idle connection after 60 seconds: it must be the first, or a request gets lost. */
const idleConnection = 90_000;
const sweepEvery = 60_000;
/** What nginx lets through (`large_client_header_buffers 4 8k`), and what it adds. */
const largestHeaders = 64 << 10;

/**
 * Opens the entry of a state folder. Its socket is for the account of nginx only: whoever reaches it says who visitors are. `account` is
 * that account, when it is not ours.
 */
export function openEntry(state: string, account: string | undefined, on: EntryOn): EntryServer {
  let composed: Composed | undefined;
  let server: Server | undefined;
  const clock = followClock((what) => {
    on.tell(what);
    // By a clock that went back nginx would keep what it knows until it is again as late as it was.
    composed?.entry.forgetVerdicts().catch((error: unknown) => on.fail(defect(error)));
  });
  const sweep = setInterval(() => void composed?.sweep(), sweepEvery);

  const answer = (asked: IncomingMessage, response: ServerResponse): void => {
    const failed = (error: unknown) => {
      if (error instanceof Fault) composed?.trouble(error);
      else on.fail(defect(error));
      if (response.headersSent) response.destroy();
      else
        response.writeHead(503, { 'x-accel-expires': '0', 'content-length': '0', 'retry-after': '5' }).end();
    };
    if (composed) composed.handle(asked, response).catch(failed);
    else response.writeHead(503).end();
  };

  return {
    async follow(site) {
      const before = composed;
      if (!site || !hasEntry(site)) {
        composed = undefined;
        await close(server, state);
        server = undefined;
      } else {
        composed = await composeEntry(state, site, on, before);
        server ??= await listen(state, account, answer);
      }
      if (before && before !== composed) await before.end(composed);
    },
    async close() {
      clearInterval(sweep);
      clock.stop();
      await close(server, state);
      await composed?.end(undefined);
    },
  };
}

const defect = (error: unknown): Fault =>
  new Fault('entry.defect', { reason: String(error) }, { cause: error });

async function listen(
  state: string,
  account: string | undefined,
  answer: (asked: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const folder = entryFolder(state);
  const path = entrySocket(state);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const gid = account === undefined ? undefined : await groupOf(account);
  // Before anything listens there.
  await chmod(folder, gid === undefined ? 0o700 : 0o750);
  if (gid !== undefined) await chown(folder, 0, gid);
  // A killed daemon leaves it; one that runs has been asked for already.
  await rm(path, { force: true });
  const server = createServer({ maxHeaderSize: largestHeaders, keepAliveTimeout: idleConnection }, answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, gid === undefined ? 0o600 : 0o660);
  if (gid !== undefined) await chown(path, 0, gid);
  return server;
}

async function close(server: Server | undefined, state: string): Promise<void> {
  if (!server) return;
  server.closeIdleConnections();
  const ended = new Promise((resolve) => server.close(resolve));
  const late = setTimeout(() => server.closeAllConnections(), 1000);
  await ended;
  clearTimeout(late);
  await rm(entrySocket(state), { force: true });
}

async function groupOf(account: string): Promise<number> {
  const { stdout } = await localhost.run(['id', '-g', account]);
  return Number(stdout);
}
