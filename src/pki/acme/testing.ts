import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../../lib/testing-ports.ts';
import { openAuthority } from '../authority/authority.ts';

/** Debian's Pebble, an ACME server made for tests, and its DNS server, whose answers are set as one goes. */
export interface Pebble {
  /** The URL of its directory. */
  readonly directory: string;
  /** A PEM file with what signs the certificate of its own HTTPS. */
  readonly trust: string;
  /** Where it looks for HTTP-01 answers, at the address of the name. */
  readonly httpPort: number;
  /** Its DNS server, `ADDRESS:PORT`. */
  readonly dns: string;
  /** The root that signs what it issues, in PEM; `n` for its alternatives. Each start makes new ones. */
  root(n?: number): Promise<string>;
  /** Sets what its DNS server answers: `setDns('add-a', { host: 'a.example.', addresses: ['127.0.0.1'] })`. */
  setDns(command: string, body: unknown): Promise<void>;
  /** What it wrote so far. */
  log(): string;
  stop(): Promise<void>;
}

export interface PebbleOptions {
  /** The address that it listens on, and the name in its certificate. */
  readonly address?: string;
  readonly name?: string;
  /** Of the certificates that it issues, in seconds. */
  readonly lifetime?: number;
  /** Per cent of good nonces that it refuses. */
  readonly badNonces?: number;
  /** Seconds at most, at random, before each validation. */
  readonly slow?: number;
  /** How many other chains it offers. */
  readonly alternatives?: number;
  /** Accounts that it knows already: identifier → MAC key in base64url. It takes no others then. */
  readonly eab?: Readonly<Record<string, string>>;
  /** Names that it refuses. */
  readonly blocked?: readonly string[];
  /** The DNS server that it asks, `ADDRESS:PORT`, in place of its own. */
  readonly dns?: string;
  readonly httpPort?: number;
  /** Runs a program elsewhere, e.g. in the network of a host of the lab. Its own ports are free there, as here. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
}

/** Starts Pebble and waits until it answers. */
export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  const { address = '127.0.0.1', name = 'localhost', lifetime = 7_776_000, wrap = (argv) => argv } = options;
  const folder = await mkdtemp(join(tmpdir(), 'poterne-pebble-'));
  const [port, management, dnsPort, setting, http, tls] = (await freePorts(6)) as [
    ...[number, number, number, number, number, number],
  ];
  const httpPort = options.httpPort ?? http;
  const authority = await openAuthority(join(folder, 'authority'), 'Pebble', new Date());
  const issued = await authority.issue([name], 30, new Date());
  const file = async (path: string, content: string) => {
    await writeFile(join(folder, path), content);
    return join(folder, path);
  };
  const configuration = {
    pebble: {
      listenAddress: `${address}:${port}`,
      managementListenAddress: `${address}:${management}`,
      certificate: await file('server.pem', issued.certificate),
      privateKey: await file('server.key', issued.key),
      httpPort,
      tlsPort: tls,
      externalAccountBindingRequired: options.eab !== undefined,
      externalAccountMACKeys: options.eab ?? {},
      domainBlocklist: options.blocked ?? [],
      certificateValidityPeriod: lifetime,
    },
  };
  const trust = await file('trust.pem', authority.root);
  const config = await file('pebble.json', JSON.stringify(configuration));
  const running: ChildProcess[] = [];
  let log = '';
  const start = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const [command, ...rest] = wrap(argv) as [string, ...string[]];
    const child = spawn(command, rest, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        log += text;
      });
    child.on('error', (error) => {
      log += `${error}\n`;
    });
    running.push(child);
  };
  const stop = async () => {
    for (const child of running.splice(0))
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill();
        await ended;
      }
    await rm(folder, { recursive: true, force: true });
  };
  const own = `${address}:${dnsPort}`;
  start([
    ...['pebble-challtestsrv', '-management', `${address}:${setting}`, '-dns01', own],
    ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv4', address, '-defaultIPv6', ''],
  ]);
  start(['pebble', '-config', config, '-dnsserver', options.dns ?? own], {
    PEBBLE_WFE_NONCEREJECT: String(options.badNonces ?? 0),
    PEBBLE_ALTERNATE_ROOTS: String(options.alternatives ?? 0),
    PEBBLE_AUTHZREUSE: '0',
    ...(options.slow === undefined
      ? { PEBBLE_VA_NOSLEEP: '1' }
      : { PEBBLE_VA_SLEEPTIME: String(options.slow) }),
  });
  const ca = authority.root;
  const asked = options.wrap ? askThrough(options.wrap) : ask;
  const get = (url: string) => asked(url, { ca, servername: name });
  const directory = `https://${name}:${port}/dir`;
  try {
    await reach(() => get(`https://${address}:${port}/dir`));
    await reach(() => asked(`http://${address}:${setting}/clear-a`, {}, { host: 'nobody.' }));
  } catch (error) {
    await stop();
    throw new Error(`Pebble did not start:\n${log}`, { cause: error });
  }
  return {
    ...{ directory, trust, httpPort, dns: own, stop },
    root: (n = 0) => get(`https://${address}:${management}/roots/${n}`),
    setDns: async (command, body) => {
      await asked(`http://${address}:${setting}/${command}`, {}, body);
    },
    log: () => log,
  };
}

/** The same from elsewhere, where we have no socket: whether it is the right server does not matter there. */
function askThrough(wrap: NonNullable<PebbleOptions['wrap']>): typeof ask {
  return async (url, _, body) => {
    const sent = body === undefined ? [] : ['--data', JSON.stringify(body)];
    const [command, ...rest] = wrap(['curl', '-skf', '-m', '5', ...sent, url]) as [string, ...string[]];
    return (await promisify(execFile)(command, rest)).stdout;
  };
}

/** Tries until it succeeds: they are up within about five seconds, on a busy machine later. */
async function reach(attempt: () => Promise<unknown>): Promise<void> {
  for (let left = 300; ; left--) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await sleep(100);
    }
  }
}

function ask(url: string, options: { ca?: string; servername?: string }, body?: unknown): Promise<string> {
  const request = url.startsWith('https') ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, method: body ? 'POST' : 'GET', timeout: 5000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url}: ${response.statusCode} ${text}`));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`${url}: no answer`)));
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
