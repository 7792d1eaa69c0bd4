import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle } from '../../model/bundle.ts';
import { convergeHost } from './converge.ts';
import { file, part } from './testing.ts';

/** A host that was broken into: an `ssh` that says what it likes. */
let folder: string;
const path = process.env.PATH;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-hostile-'));
  process.env.PATH = `${folder}:${path}`;
});
afterAll(async () => {
  process.env.PATH = path;
  await rm(folder, { recursive: true, force: true });
});

const bundle: Bundle = { host: 'erp', parts: [part('motd', { files: [file('/etc/motd', 'well\n')] })] };

async function answered(script: string) {
  const ssh = join(folder, 'ssh');
  await writeFile(ssh, `#!/bin/sh\nprintf 'poterne\\t1\\n'\n${script}\n`);
  await chmod(ssh, 0o755);
  return convergeHost({ name: 'erp', address: '192.0.2.7' }, bundle, { settings: {}, mode: 'plan' });
}

const said = (...lines: readonly string[]) =>
  lines.map((line) => `printf '%s\\n' '${line.replaceAll(' ', '\t')}'`).join('\n');
const field = (text: string) => `=${Buffer.from(text).toString('base64')}`;

test.each([
  ['an unknown word', 'hello'],
  ['an unknown change', 'change 1 constructor file /etc/motd'],
  ['an unknown thing', 'change 1 add secret /etc/motd'],
  ['an unknown outcome', 'done 1 splendid'],
  ['an unknown step', `failed 1 constructor ${field('no')} x`],
  ['no time', 'state 1 rolled-back tomorrow'],
])('%s is a fault of this host, and leaves the others be', async (_, line) => {
  await expect(answered(said('part 1 motd', line, 'end'))).rejects.toMatchObject({ code: 'host.strange' });
});

test('a file that the bundle has not is not sent', async () => {
  const asks = `${said('need 1 file /etc/shadow', 'send')}\ncat >/dev/null`;
  await expect(answered(asks)).rejects.toMatchObject({ code: 'host.strange' });
});

test.each([
  'yes change',
  "tr '\\0' x </dev/zero",
  `${said('part 1 motd')}\nyes "$(printf 'state\\t1\\tarmed\\t%060000d' 0)"`,
])('it is not listened to for ever (%#)', async (script) => {
  await expect(answered(script)).rejects.toMatchObject({ code: 'host.strange' });
});

test('what it says cannot drive a terminal', async () => {
  const output = '\u001b]0;owned\u0007\u009b2Jred\rgreen\u202e\tkept\nkept';
  const report = await answered(said('part 1 motd', `failed 1 check ${field(output)} =nft`, 'end'));
  expect(report.parts[0]?.complaint?.output).toBe(
    '\ufffd]0;owned\ufffd\ufffd2Jred\ufffdgreen\ufffd\tkept\nkept',
  );
});
