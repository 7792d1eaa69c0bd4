import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePorts } from '../lib/testing-ports.ts';
import { program } from '../lib/testing-program.ts';

/** The command line in a folder of its own, with a description and ports that are nobody else's. */

export const folder = mkdtempSync(join(tmpdir(), 'poterne-cli-'));
export const state = join(folder, 'state');
export const [httpPort, httpsPort, servicePort] = (await freePorts(3)) as [number, number, number];

/** Everything that any command printed here, to be searched for secrets. */
export const printed: string[] = [];

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

/** Starts the command line as a process of its own, in the temporary folder. */
export function start(argv: readonly string[], { env = {}, uid }: RunOptions = {}): ChildProcess {
  return spawn(program, argv, {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, POTERNE_STATE: state, POTERNE_LANG: 'en', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

/** Runs it to its end; no command may show a stack. */
export async function poterne(argv: readonly string[], options?: RunOptions): Promise<Ran> {
  const child = start(argv, options);
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  printed.push(out, err);
  expect(err).not.toMatch(/^\s+at .*\(?(node:|file:|\/)/m);
  return { status, out, err };
}

/** What it printed for programs. */
export const json = ({ out }: Ran) => JSON.parse(out);

export const publications =
  '  a.localhost: { service: app, audience: everyone, limits: { requests: 9/s } }\n';

/** A description in the temporary folder. */
export function write(text = publications, name = 'site.yaml'): void {
  writeFileSync(
    join(folder, name),
    `site: town
gateway: { listen: [127.0.0.1], http-port: ${httpPort}, https-port: ${httpsPort} }
zones: { away: { networks: [192.0.2.0/24] } }
services:
  app: { url: http://127.0.0.1:${servicePort}, healthy: { path: /, contains: hello } }
publications:
${text}`,
  );
}

chmodSync(folder, 0o755);
write();
