import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { type Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, vi } from 'vitest';
import { converge, type Gateway, type Intent, intend, openGateway } from '../daemon/gateway.ts';
import { type Description, describe, locateFinding } from '../describe/index.ts';
import nginx from '../engines/nginx/engine.ts';
import { sha256 } from '../lib/digest.ts';
import { claimPorts } from '../lib/testing-ports.ts';
import { program } from '../lib/testing-program.ts';
import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import type { Message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { type Authority, openAuthority } from '../pki/authority/authority.ts';
import { quitEngine, runningMaster, servedHash } from './engine-process.ts';
import type { Applied, ApplyOptions } from './executor.ts';
import { type Generation, type Generations, generationsOf } from './generations.ts';

/** Helpers of the tests of apply and of the daemon: a real gateway on loopback in a folder of its own. */

// Real engines and processes, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 240_000 });

const base = await claimPorts([0, 1, 2, 3]);

/** One of the hundred ports of loopback that are this test file's alone; 0 and 1 are the gateway's. */
export const port = (n: number): number => base + n;

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Has `close` run when the test ends, last first. */
export function atEnd(close: () => Promise<unknown>): void {
  open.push(close);
}

/** What came back of one request. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether it came over a connection that had been used before. */
  readonly reused: boolean;
  /** SHA-256 fingerprint of the certificate that was shown. */
  readonly fingerprint: string;
}

/** One application of a description, with where its findings stand. */
export interface Outcome extends Applied {
  readonly steps: readonly Message['code'][];
  /** `line code` of each finding, in the YAML. */
  readonly places: readonly string[];
}

/** A gateway for one test: a state folder, a description's file beside it, and two ports. */
export interface Rig {
  readonly folder: string;
  readonly file: string;
  readonly state: string;
  /** The engine's prefix in the state folder. */
  readonly prefix: string;
  readonly ports: { readonly http: number; readonly https: number };
  readonly gateway: Gateway;
  readonly generations: Generations;
  /** Another certification authority, for certificates that the user keeps. */
  readonly theirs: Authority;
  /** Writes a file beside the description; gives its path. */
  write(name: string, content: string): Promise<string>;
  describe(yaml: string): Promise<Description & { readonly site: Site }>;
  intend(yaml: string): Promise<Intent>;
  apply(yaml: string): Promise<Outcome>;
  /** What `applyLocally` needs besides a plan and an engine. */
  options(more?: Partial<ApplyOptions>): ApplyOptions;
  get(name: string, path?: string, agent?: Agent): Promise<Answer>;
  active(): Promise<Generation>;
  master(): Promise<number | undefined>;
  served(): Promise<string | undefined>;
}

/** The head of a description whose gateway listens on loopback at these ports. */
export const head = (ports: Rig['ports']): string =>
  `site: test\ngateway: { listen: [127.0.0.1], http-port: ${ports.http}, https-port: ${ports.https} }\n`;

/** A gateway for this test, which ends with it; a second one needs ports of its own. */
export async function makeRig(ports: Rig['ports'] = { http: port(0), https: port(1) }): Promise<Rig> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'poterne-apply-')));
  // The engine's workers run as another account.
  await chmod(folder, 0o755);
  const state = join(folder, 'state');
  const file = join(folder, 'site.yaml');
  const prefix = join(state, 'nginx');
  const gateway = await openGateway(state);
  const theirs = await openAuthority(join(folder, 'theirs'), 'Their CA', new Date());
  const described = async (yaml: string) => {
    await writeFile(file, yaml);
    const found = await describe(file);
    const { site } = found;
    if (!site) throw new Error(`the description has errors: ${JSON.stringify(found.findings, null, 1)}`);
    return { ...found, site };
  };
  const generations = generationsOf(prefix);
  atEnd(async () => {
    await quitEngine(nginx, prefix, 0);
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    folder,
    file,
    state,
    prefix,
    ports,
    gateway,
    generations,
    theirs,
    async write(name, content) {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    },
    describe: described,
    intend: async (yaml) => intend(gateway, (await described(yaml)).site),
    async apply(yaml) {
      const { site, sources } = await described(yaml);
      const steps: Message['code'][] = [];
      const applied = await converge(gateway, await intend(gateway, site), ({ code }) => steps.push(code));
      const place = (finding: Finding) => `${locateFinding(sources, finding).at?.line} ${finding.code}`;
      return { ...applied, steps, places: applied.findings.map(place) };
    },
    options: (more = {}) => ({
      state,
      authority: gateway.authority,
      ...(process.getuid?.() === 0 ? { account: 'www-data' } : {}),
      now: () => new Date(),
      tell: () => {},
      ...more,
    }),
    get: (name, path = '/', agent) =>
      ask({ port: ports.https, name, path, ca: [gateway.authority.root, theirs.root], agent }),
    async active() {
      const active = await generations.active();
      if (!active) throw new Error('there is no active generation');
      return active;
    },
    master: async () => (await runningMaster(nginx, prefix))?.pid,
    served: () => servedHash(nginx, prefix),
  };
}

export interface Asked {
  readonly port: number;
  readonly name: string;
  readonly path?: string;
  readonly ca: readonly string[];
  /** Without one, each request has a connection of its own. */
  readonly agent?: Agent | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address that it comes from, of this machine. */
  readonly from?: string;
}

/**
 * One request over HTTPS to this machine, as a client that trusts `ca` and asks for `name`. An error tells whether the
 * connection had been `reused`, and whether it was `unanswered`: closed before any byte of an answer.
 */
export function ask({ port, name, path = '/', ca, agent, headers = {}, from }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path,
        servername: name,
        headers: { host: port === 443 ? name : `${name}:${port}`, ...headers },
        ca: [...ca],
        agent: agent ?? false,
        timeout: 30_000,
        ...(from === undefined ? {} : { localAddress: from }),
      },
      (response) => {
        answered = true;
        const socket = response.socket as import('node:tls').TLSSocket;
        const fingerprint = socket.getPeerCertificate().fingerprint256 ?? '';
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          body += part;
        });
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, body, fingerprint, reused: asked.reusedSocket });
        });
        response.on('error', fail);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer within thirty seconds')));
    const fail = (error: NodeJS.ErrnoException) =>
      reject(
        Object.assign(error, {
          reused: asked.reusedSocket,
          unanswered: !answered && (error.code === 'ECONNRESET' || error.code === 'EPIPE'),
        }),
      );
    asked.on('error', fail);
    asked.end();
  });
}

/** A service that says `text` (or does as told), at a port of loopback, until the test ends. */
export async function startService(
  port: number,
  answer: string | RequestListener,
): Promise<() => Promise<void>> {
  const server = createServer(typeof answer === 'string' ? (_, response) => response.end(answer) : answer);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  atEnd(close);
  return close;
}

/** A real `poterne` process. */
export interface Command {
  readonly child: ChildProcess;
  /** Standard output and error so far. */
  said(): string;
  /** Resolves when it has ended, with its exit status or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Runs `poterne` with these arguments in a process of its own, killed when the test ends; `env` is more of its environment. */
export function poterne(
  args: readonly string[],
  as?: { readonly uid: number; readonly gid: number },
  env: Readonly<Record<string, string>> = {},
): Command {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    env: {
      ...{ PATH: process.env.PATH, POTERNE_LANG: 'en' },
      ...env,
    },
    ...as,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? (signal as NodeJS.Signals)));
  });
  atEnd(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, said: () => said, ended };
}

/** Waits until a command says this. */
export const says = (command: Command, text: string): Promise<boolean> =>
  eventually(
    () => command.said().includes(text),
    () => `it never said "${text}" but:\n${command.said()}`,
  );

/** Runs `poterne up` on the rig's description until it says that the gateway is up; `env` is more of its environment. */
export async function gatewayUp(
  { file, state }: Pick<Rig, 'file' | 'state'>,
  env?: Readonly<Record<string, string>>,
): Promise<Command> {
  const command = poterne(['up', file, '--state', state], undefined, env);
  await says(command, 'The gateway is up.');
  return command;
}

/** The files of a generation that are not as its manifest says. */
export async function damagedFiles({ folder, manifest }: Generation): Promise<string[]> {
  const wrong: string[] = [];
  for (const [path, { sha256: wanted }] of Object.entries(manifest.files)) {
    const content = await readFile(join(folder, path)).catch(() => undefined);
    if (!content || sha256(content) !== wanted) wrong.push(path);
  }
  return wrong;
}

/** The fault that this work ends with. */
export async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof Fault)) throw new Error(`no fault but ${String(error)}`, { cause: error });
  return error;
}

/** Waits until `seen` gives something; fails, with what `otherwise` says, after a generous time. */
export async function eventually<T>(
  seen: () => Promise<T | undefined | false> | T | undefined | false,
  otherwise: () => string = () => 'it never came',
): Promise<T> {
  for (const until = Date.now() + 60_000; Date.now() < until; await new Promise((r) => setTimeout(r, 50))) {
    const found = await seen();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(otherwise());
}
