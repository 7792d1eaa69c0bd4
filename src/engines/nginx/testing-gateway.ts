import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../../lib/testing-ports.ts';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { debianRules, readRuleSet } from '../../lib/crs.ts';
import { bounded } from '../../lib/crs-bounds.ts';
import { logoMarkup } from '../../lib/logo.ts';
import { markKeyOf } from '../../lib/marks.ts';
import { pinnedAuthorities } from '../../lib/partner-pins.ts';
import type { Facts } from '../../model/facts.ts';
import type { Input } from '../../model/plan.ts';
import type { Site } from '../../model/site.ts';
import engine from './engine.ts';

/** A real nginx on a prefix of its own, for tests; what apply does, in its simplest form. */

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const validity = () => ({
  notBefore: new Date(Date.now() - 3_600_000),
  notAfter: new Date(Date.now() + 86_400_000),
});

/** A certificate authority that lives as long as the test. */
export interface TestAuthority {
  readonly pem: string;
  /** A key and the certificate for these names, in one PEM text. */
  issue(names: readonly string[]): Promise<string>;
}

export async function testAuthority(name: string): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity(),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    pem: root.toString('pem'),
    async issue(names) {
      const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${names[0]?.slice(0, 60)}`,
        issuer: root.subject,
        ...validity(),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }) as const)),
        ],
      });
      const key = x509.PemConverter.encode(
        await crypto.subtle.exportKey('pkcs8', own.privateKey),
        'PRIVATE KEY',
      );
      return `${key}\n${certificate.toString('pem')}\n`;
    },
  };
}

/** A folder whose files other accounts may reach: workers of a root nginx run as www-data. */
export async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-nginx-'));
  await chmod(folder, 0o755);
  return folder;
}

/** The facts of this machine, with a prefix. */
const factsHere = async (prefix: string, site: Site): Promise<Facts> => ({
  prefixes: { nginx: prefix },
  versions: await versionHere(),
  ...(process.getuid?.() === 0 ? { account: 'www-data' } : {}),
  addresses: {},
  waf: await wafHere(site),
});

/** What this machine has to look at requests with. */
async function wafHere({ waf }: Site): Promise<NonNullable<Facts['waf']>> {
  const files = { list: (path: string) => readdir(path), bytes: (path: string) => readFile(path) };
  return { module: true, rules: await readRuleSet(waf?.folder ?? debianRules, files, waf?.sha256) };
}

/** The version of the binary that is tested: what is written must be for it. */
async function versionHere(): Promise<Facts['versions']> {
  const [command = '', ...args] = engine.actions.version.argv;
  const { stdout, stderr } = await promisify(execFile)(command, args);
  const version = engine.actions.version.read(stdout + stderr);
  return version === undefined ? {} : { nginx: version };
}

/** Writes a site's configuration below a prefix as apply would, and links it as `current`. */
export async function stage(
  site: Site,
  prefix: string,
  authority: TestAuthority,
  standIns = false,
  known: Partial<Facts> = {},
): Promise<string> {
  const folder = join(prefix, 'generations', 'test');
  for (const { path, account } of engine.actions.folders) {
    await mkdir(join(prefix, path), { recursive: true });
    if (account === 'writes') await chmod(join(prefix, path), 0o777);
  }
  const written: string[] = [];
  const put = async (path: string, text: string) => {
    written.push(path);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const bytes = ({ from }: Input) => {
    if ('file' in from) return readFile(from.file, 'utf8');
    if ('certificate' in from) return authority.issue(from.certificate.names);
    if ('logo' in from) return readFile(from.logo).then(logoMarkup);
    if ('secret' in from) return readFile(from.secret.file, 'utf8');
    if ('pinned' in from)
      return readFile(from.pinned, 'utf8').then((text) => pinnedAuthorities(text, from.pins) ?? text);
    if ('rules' in from) return readFile(from.rules.file, 'utf8').then(bounded);
    if ('markKey' in from) return `${from.markKey} ${markKeyOf('test')};\n`;
    if ('acme' in from) return authority.issue(['acme.test']);
    const files = 'authorities' in from ? from.authorities.authorities : from.revocations.crls;
    const texts = files.map((each) => ('file' in each ? readFile(each.file, 'utf8') : authority.pem));
    return Promise.all(texts).then((found) => found.join(''));
  };
  for (const artefact of engine.render(site, { ...(await factsHere(prefix, site)), ...known })) {
    const { text, reads } = (standIns && artefact.isolated?.standIn) || artefact;
    await put(artefact.path, text);
    for (const input of reads) await put(input.as, await bytes(input));
  }
  for (const sealed of engine.seal('test-generation', folder, written)) await put(sealed.path, sealed.text);
  await symlink('generations/test', join(prefix, 'current'));
  return folder;
}

/** What `nginx -t` says: its exit code and its words. */
export function check(prefix: string, folder: string): Promise<{ code: number; output: string }> {
  const [command = '', ...args] = engine.actions.check({ prefix, folder });
  return new Promise((resolve) =>
    execFile(command, args, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) || 1 : 0, output: stdout + stderr }),
    ),
  );
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** The TLS name, when it is not the host asked for. */
  readonly sni?: string;
  /** The client's certificate and its key. */
  readonly client?: { readonly cert: string; readonly key: string };
  readonly agent?: https.Agent;
  /** The address of this machine that it comes from. */
  readonly from?: string;
}

export interface RunningGateway {
  readonly state: string;
  readonly prefix: string;
  readonly authority: TestAuthority;
  readonly site: Site;
  get(host: string, path?: string, ask?: Ask): Promise<Reply>;
  plain(host: string, path?: string, port?: number): Promise<Reply>;
  /** The lines of the access log so far. */
  log(): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** Starts nginx with a site on this machine's loopback; its ports are chosen here. */
export async function startGateway(
  build: (ports: { listen: string[]; httpPort: number; httpsPort: number }) => Site,
  authority: TestAuthority,
  standIns = false,
  edit: (main: string) => string = (main) => main,
): Promise<RunningGateway> {
  const state = await openFolder();
  // As in a state folder, whose other parts nginx reads too.
  const prefix = join(state, 'nginx');
  const [httpPort, httpsPort] = (await freePorts(2)) as [number, number];
  const site = build({ listen: ['127.0.0.1'], httpPort, httpsPort });
  const folder = await stage(site, prefix, authority, standIns);
  const main = join(folder, 'nginx.conf');
  await writeFile(main, edit(await readFile(main, 'utf8')));
  const checked = await check(prefix, folder);
  if (checked.code !== 0 || engine.diagnose(checked.output).length > 0) throw new Error(checked.output);
  const [command = '', ...args] = engine.actions.start({ prefix, folder: join(prefix, 'current') });
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  await listening(site.gateway.httpsPort, child);
  return {
    state,
    prefix,
    authority,
    site,
    get: (host, path = '/', ask = {}) =>
      request(
        https.request({
          host: '127.0.0.1',
          port: site.gateway.httpsPort,
          servername: ask.sni ?? host,
          path,
          method: ask.method ?? 'GET',
          headers: { host: `${host}:${site.gateway.httpsPort}`, ...ask.headers },
          ca: authority.pem,
          agent: ask.agent ?? false,
          ...(ask.from === undefined ? {} : { localAddress: ask.from }),
          ...ask.client,
        }),
        ask.body,
      ),
    plain: (host, path = '/', port = site.gateway.httpPort) =>
      request(http.request({ host: '127.0.0.1', port, path, headers: { host }, agent: false })),
    async log() {
      await delay(1300);
      const text = await readFile(join(prefix, 'log/access.log'), 'utf8');
      return text
        .split('\n')
        .filter(Boolean)
        .map((l) => JSON.parse(l) as Record<string, unknown>);
    },
    async stop() {
      child.kill(engine.actions.signals.stop);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(state, { recursive: true, force: true });
    },
  };
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    const socket = net.connect(port, '127.0.0.1');
    const up = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (up) return;
    await delay(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

function request(outgoing: http.ClientRequest, body?: string | Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    outgoing.end(body);
  });
}

export interface Backend {
  readonly url: string;
  readonly port: number;
  readonly server: http.Server;
  close(): void;
}

/** A small upstream; by default it tells what it was asked, and its name. */
export async function backend(
  name: string,
  handle: http.RequestListener = (incoming, outgoing) => tell(name, incoming, outgoing),
  at: number | string = 0,
  tls?: string,
): Promise<Backend> {
  const server = tls ? https.createServer({ cert: tls, key: tls }, handle) : http.createServer(handle);
  if (typeof at === 'string') server.listen(at);
  else server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  if (typeof at === 'string') await chmod(at, 0o666);
  const port = typeof at === 'string' ? 0 : (server.address() as AddressInfo).port;
  return {
    url: typeof at === 'string' ? `unix:${at}` : `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    server,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Upstreams that are closed together. */
export function collected(): {
  readonly backends: readonly Backend[];
  readonly start: typeof backend;
  readonly close: () => void;
} {
  const backends: Backend[] = [];
  return {
    backends,
    async start(...args) {
      const one = await backend(...args);
      backends.push(one);
      return one;
    },
    close() {
      for (const one of backends) one.close();
    },
  };
}

/** What an upstream was asked, as it tells it. */
export interface Told {
  readonly name: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly port: number;
}

export function tell(name: string, incoming: http.IncomingMessage, outgoing: http.ServerResponse): void {
  incoming.resume();
  outgoing.setHeader('content-type', 'application/json');
  outgoing.end(
    JSON.stringify({
      name,
      url: incoming.url,
      headers: incoming.headers,
      port: incoming.socket.remotePort,
    }),
  );
}

export const told = (reply: Reply): Told => JSON.parse(reply.body) as Told;
