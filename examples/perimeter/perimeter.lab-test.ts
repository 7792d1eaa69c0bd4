import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { readTopology } from '../../lab/topology.ts';

const here = import.meta.dirname;
let lab: Lab;
let folder: string;
let site: string;

interface Part {
  readonly name: string;
  readonly outcome: string;
  readonly changes: readonly { readonly what: string; readonly drift?: { readonly diff?: string } }[];
}
interface Machine {
  readonly host: string;
  readonly parts: readonly Part[];
  readonly fault?: { readonly code: string };
}
interface Answer {
  readonly outcome?: string;
  readonly machines: readonly Machine[];
  readonly evidence: readonly { readonly expectation: string; readonly held: boolean }[];
}

/** The command as an administrator runs it on the workstation. */
async function poterne(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly said: Answer }> {
  const argv = [...words.slice(0, 1), site, ...words.slice(1), '--json', '--state', join(folder, 'state')];
  const env = { ...process.env, POTERNE_SSH_CONFIG: lab.sshConfig };
  return new Promise((resolve, reject) => {
    execFile(join(here, '../../poterne'), argv, { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const code = error ? Number(error.code) : 0;
      try {
        resolve({ code, said: JSON.parse(stdout) });
      } catch {
        reject(new Error(`${argv.join(' ')} ended with ${code}: ${stdout}${stderr}`));
      }
    });
  });
}

/** The promises that are broken, seen from a host. */
async function brokenFrom(host: string): Promise<readonly string[]> {
  const { said } = await poterne('verify', '--from', host, '--ca', join(folder, 'depot.pem'));
  expect(said.evidence.length).toBeGreaterThan(8);
  return said.evidence.filter(({ held }) => !held).map(({ expectation }) => expectation);
}

/** Outcomes of every part, `host/part: outcome`. */
const outcomes = ({ machines }: Answer) =>
  machines.flatMap(({ host, parts }) => parts.map(({ name, outcome }) => `${host}/${name}: ${outcome}`));

/** Runs a command on a host, as root; it must not fail. */
async function on(host: string, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.host(host).run(argv);
  expect([argv.join(' '), code, stderr]).toMatchObject([expect.anything(), 0, expect.anything()]);
  return stdout;
}

beforeAll(async () => {
  const topology = await readTopology(join(here, 'lab.yaml'));
  lab = await up({ ...topology, name: `perimetre-${process.pid}` });
  folder = await mkdtemp(join(tmpdir(), 'poterne-perimeter-'));
  site = join(folder, 'site.yaml');
  await writeFile(site, await readFile(join(here, 'site.yaml')));
  // The depot shows a certificate that vouches for itself.
  await writeFile(join(folder, 'depot.pem'), await on('erp', 'cat', '/etc/ssl/depot.crt'));
});

afterAll(async () => {
  if (lab) await down(lab.name);
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('bare machines become the perimeter, each firewall confirmed over a new connection', async () => {
  const { code, said } = await poterne('apply');
  expect(outcomes(said)).toEqual([
    'router/nftables: changed',
    'gateway/gateway: changed',
    'gateway/nftables: changed',
    'erp/nftables: changed',
    'base/nftables: changed',
  ]);
  expect([code, said.outcome]).toEqual([0, 'applied']);
}, 300_000);

test('again, and nothing changes', async () => {
  const { code, said } = await poterne('apply');
  expect(outcomes(said).every((one) => one.endsWith(': unchanged'))).toBe(true);
  expect([code, said.outcome]).toEqual([0, 'unchanged']);
}, 300_000);

test.each(['outside', 'gateway', 'erp', 'base'])(
  'every promise is kept, seen from %s',
  async (host) => {
    expect(await brokenFrom(host)).toEqual([]);
  },
  120_000,
);

test('a port that somebody opened by hand is found, on the gateway and on the router', async () => {
  for (const host of ['gateway', 'router']) {
    await on(host, 'systemd-run', '--unit=hole', 'nc', '-lk', '9999');
    await on(host, 'nft', 'insert', 'rule', 'inet', 'poterne', 'input', 'tcp', 'dport', '9999', 'accept');
  }
  expect(await brokenFrom('outside')).toEqual(['outside→router#scan']);
  // The router lets nobody farther through than to what is described: only its neighbours see the gateway's.
  expect(await brokenFrom('base')).toEqual(['base→router#scan']);
  // (It has no name server of its own, so that names are not proved from there.)
  expect(await brokenFrom('router')).toContain('router→gateway#scan');
}, 300_000);

test('a way from the dmz to the database is found', async () => {
  await on('base', 'nft', 'insert', 'rule', 'inet', 'poterne', 'input', 'tcp', 'dport', '5432', 'accept');
  await on('router', 'nft', 'insert', 'rule', 'inet', 'poterne', 'forward', 'tcp', 'dport', '5432', 'accept');
  await on('gateway', 'nft', 'insert', 'rule', 'inet', 'poterne', 'output', 'tcp', 'dport', '5432', 'accept');
  const broken = await brokenFrom('gateway');
  expect(broken.filter((id) => id.includes('base') || id.includes('expect')).sort()).toEqual([
    'gateway→base#scan',
    'gateway→base:5432#shut',
    'gateway→expect/1/base',
  ]);
}, 300_000);

test('the plan shows each rule made by hand, and apply takes it away', async () => {
  const { said } = await poterne('plan');
  const drifted = said.machines.flatMap(({ host, parts }) =>
    parts.flatMap(({ changes }) =>
      changes.flatMap(({ what, drift }) => (drift ? [[host, what, drift.diff]] : [])),
    ),
  );
  expect(drifted).toEqual([
    ['router', 'state', expect.stringMatching(/^\+.*tcp dport 9999 accept/m)],
    ['gateway', 'state', expect.stringMatching(/^\+.*tcp dport 5432 accept/m)],
    ['base', 'state', expect.stringMatching(/^\+.*tcp dport 5432 accept/m)],
  ]);
  expect((await poterne('apply')).code).toBe(0);
  for (const host of ['outside', 'gateway', 'base']) expect(await brokenFrom(host)).toEqual([]);
}, 300_000);

test('a description that shuts its own administrator out puts itself back', async () => {
  const good = await readFile(site, 'utf8');
  const rules = await on('router', 'nft', '--stateless', 'list', 'table', 'inet', 'poterne');
  const wrong = good
    .replace('admin: { from: [10.10.0.9] }', 'admin: { from: [10.10.0.99] }')
    .replace('ssh: { user: root }', 'ssh: { user: root }\n    firewall: { confirm: 8s }');
  await writeFile(site, wrong);
  const { code, said } = await poterne('apply');
  expect(code).toBe(1);
  expect(said.machines.find(({ host }) => host === 'router')?.fault?.code).toBe('host.unconfirmed');
  await expect
    .poll(() => on('router', 'nft', '--stateless', 'list', 'table', 'inet', 'poterne'), {
      timeout: 90_000,
      interval: 500,
    })
    .toBe(rules);
  await writeFile(site, good);
}, 300_000);
