import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'libsql';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { port } from '../../apply/testing.ts';
import { describe } from '../../describe/index.ts';
import { openPeople } from '../../identity/people.ts';
import { program } from '../../lib/testing-program.ts';
import { openStore } from '../../store/store.ts';

/** How long a browser may take for one step, in milliseconds. */
const patience = 60_000;

/** What Chromium knows a key by. */
const pinOf = (certificate: string): string =>
  createHash('sha256')
    .update(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

export interface BrowserRig {
  /** The gateway's description, and its state folder. */
  readonly file: string;
  readonly state: string;
  readonly origin: (name: string) => string;
  /** Gives somebody a password. */
  give(id: string, password: string): Promise<void>;
  /** What a command on this gateway prints. Throws when it fails. */
  poterne(...args: readonly string[]): Promise<string>;
  /** A person's browser: its own cookies. */
  browse(options?: BrowserContextOptions): Promise<Page>;
  /** Has somebody's sessions have been used last so many milliseconds ago. */
  leaveAlone(user: string, milliseconds: number): void;
  said(): string;
  close(): Promise<void>;
}

export interface Ports {
  readonly http: number;
  readonly https: number;
  /** Of an application that tells what it is told: a line for each header that is ours, and what was asked for. */
  readonly app: number;
}

/**
 * A real gateway, as `poterne up` runs it, and a real browser that trusts its authority. `yaml` may be a whole description, with its
 * site and gateway, or what follows these; `beside` are the files that it includes. With `namespace`, all but the application is in that
 * network; `trusts` are further certificates that the browser takes, of who else it visits.
 */
export async function browserRig(
  yaml: (ports: Ports) => string,
  beside: Readonly<Record<string, string>> = {},
  { namespace, trusts = [] }: { readonly namespace?: string; readonly trusts?: readonly string[] } = {},
): Promise<BrowserRig> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'poterne-browser-')));
  // nginx's workers run as another account.
  await chmod(folder, 0o755);
  const [file, state] = [join(folder, 'site.yaml'), join(folder, 'state')];
  const app = createServer((request, response) => {
    const names = ['user', 'groups', 'name', 'email'].map((name) => `x-poterne-${name}`);
    const told = [...names, 'cookie'].map((name) => `${name}: ${request.headers[name] ?? ''}`);
    response
      .writeHead(200, { 'content-type': 'text/plain' })
      .end([`app ${request.headers.host} ${request.url}`, ...told].join('\n'));
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const ports = { http: port(0), https: port(1), app: (app.address() as AddressInfo).port };
  const head = `site: test\nlanguage: en\ngateway: { listen: [127.0.0.1], http-port: ${ports.http}, https-port: ${ports.https} }\n`;
  const text = yaml(ports);
  await writeFile(file, /^site:/m.test(text) ? text : head + text);
  for (const [name, content] of Object.entries(beside)) await writeFile(join(folder, name), content);

  const within = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace];
  const [command = '', ...before] = [...within, program];
  const options = {
    cwd: '/',
    env: {
      PATH: process.env.PATH,
      POTERNE_LANG: 'en',
      POTERNE_MACHINE_KEY: join(folder, 'machine.key'),
    },
  };
  const child: ChildProcess = spawn(command, [...before, 'up', file, '--state', state], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const says = async (text: string, times = 1) => {
    for (let i = 0; i < 600 && said.split(text).length <= times; i++) {
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (said.split(text).length <= times) throw new Error(`it never said "${text}" but:\n${said}`);
  };
  const end = async () => {
    app.closeAllConnections();
    app.close();
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'close');
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await says('The gateway is up.');
    const pins = [await readFile(join(state, 'authority', 'issuing.pem'), 'utf8'), ...trusts].map(pinOf);
    const chromiumHere = join(folder, 'chromium');
    await writeFile(chromiumHere, `#!/bin/sh\nexec ${[...within, '/usr/bin/chromium'].join(' ')} "$@"\n`, {
      mode: 0o700,
    });
    const browser = await chromium.launch({
      executablePath: chromiumHere,
      args: [
        '--no-sandbox',
        '--host-resolver-rules=MAP * 127.0.0.1',
        // What our authority issues, and nothing else that the machine does not trust.
        `--ignore-certificate-errors-spki-list=${pins.join(',')}`,
      ],
    });
    const { site } = await describe(file);
    if (!site) throw new Error('the gateway is up with a description that has errors');
    const store = await openStore(state);
    const people = openPeople({
      ...{ site: () => site, credentials: () => store.credentials(site.name) },
      ...{ audit: async () => undefined, now: () => new Date() },
    });
    return {
      ...{ file, state },
      origin: (name) => `https://${name}:${ports.https}`,
      async poterne(...args) {
        const all = [...before, ...args, '--site', file, '--state', state];
        return (await promisify(execFile)(command, all, options)).stdout;
      },
      async give(id, password) {
        const user = await people.find(id);
        const wrong = user && (await people.setPassword(user, password, { who: 'root', from: 'here' }));
        if (!user || wrong) throw new Error(`no password for ${id}: ${JSON.stringify(wrong)}`);
      },
      async browse(options = {}) {
        const context = await browser.newContext({ locale: 'en-GB', ...options });
        context.setDefaultTimeout(patience);
        return context.newPage();
      },
      leaveAlone(user, milliseconds) {
        const database = new Database(join(state, 'poterne.db'), { timeout: 10_000 });
        const seen = new Date(Date.now() - milliseconds).toISOString();
        database.prepare('UPDATE session SET seen = ? WHERE user_id = ?').run(seen, user);
        database.close();
      },
      said: () => said,
      async close() {
        await browser.close();
        await store.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
