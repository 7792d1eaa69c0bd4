import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRuleSet } from '../../lib/crs.ts';
import type { Waf } from '../../model/waf.ts';
import { publication, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  openFolder,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';
import { crsFour, waf } from './testing-waf.ts';

// Rules in the form of CRS 4: its folders, the names of its variables, its plugins. They are ours; Debian has no CRS 4.

let gateway: RunningGateway;
let app: Backend;
let folder: string;

const walled = (name: string, more: Partial<Waf> = {}) =>
  publication(name, 'app', { scenario: 'proxy+waf', waf: waf(more) });

beforeAll(async () => {
  folder = await openFolder();
  await mkdir(join(folder, 'rules'));
  await mkdir(join(folder, 'plugins'));
  for (const [name, text] of Object.entries(crsFour)) await writeFile(join(folder, name), text);
  app = await backend('app');
  gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url)],
        [
          walled('erp.localhost'),
          walled('strict.localhost', { paranoia: 2 }),
          walled('lax.localhost', { thresholds: { inbound: 6, outbound: 6 } }),
          walled('blog.localhost', { applications: ['blog'] }),
        ],
        ports,
      ),
      waf: { folder, pointer: '/waf' },
    }),
    await testAuthority('gateway'),
  );
});

afterAll(async () => {
  await gateway?.stop();
  app?.close();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['erp.localhost', '/?q=<script>', 403],
  ['erp.localhost', '/?q=odd', 200],
  ['strict.localhost', '/?q=odd', 403],
  ['lax.localhost', '/?q=<script>', 200],
  ['erp.localhost', '/?html=<script>', 403],
  ['blog.localhost', '/?html=<script>', 200],
  ['blog.localhost', '/?q=<script>', 403],
])('%s%s: %i', async (name, path, status) => {
  expect((await gateway.get(name, encodeURI(path))).status).toBe(status);
});

test('its scores are told in the log, and its version and order are known', async () => {
  const { headers } = await gateway.get('erp.localhost', '/?q=%3Cscript');
  const log = () => readFile(join(gateway.prefix, 'log/waf.log'), 'utf8');
  const line = async () =>
    (await log()).split('\n').find((each) => each.includes(String(headers['x-request-id']))) ?? '';
  // It is written once the answer was sent.
  await expect.poll(line, { timeout: 10_000 }).toContain('"data":"erp_localhost block 5 5  4 "');
  const set = await readRuleSet(folder, { list: (path) => readdir(path), bytes: (path) => readFile(path) });
  expect(set).toMatchObject({ version: '4.0.0-sample' });
  expect('files' in set && set.files.map(({ name }) => name)).toEqual([
    'plugins/blog-rule-exclusions-config.conf',
    'plugins/blog-rule-exclusions-before.conf',
    'rules/REQUEST-901-INITIALIZATION.conf',
    'rules/REQUEST-941-APPLICATION-ATTACK-XSS.conf',
    'rules/REQUEST-949-BLOCKING-EVALUATION.conf',
    'plugins/blog-rule-exclusions-after.conf',
    'rules/words.data',
  ]);
});
