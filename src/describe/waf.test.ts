import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { debianRules } from '../lib/crs.ts';
import type { Finding } from '../model/finding.ts';
import { describe, shippable } from './index.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-waf-'));
  await cp(join(debianRules, 'rules'), join(folder, 'crs/rules'), { recursive: true });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const described = async (waf: string, more = '', site = '') => {
  const file = join(folder, 'site.yaml');
  await writeFile(
    file,
    `site: x
${site}
services: { app: { url: "http://127.0.0.1:9", healthy: { path: / } } }
publications:
  erp.localhost: { audience: everyone, ${waf}, ${more === '' ? 'service: app' : more} }
`,
  );
  return describe(file);
};

const told = ({ severity, code, hint }: Finding) =>
  [severity, code, hint?.params?.nearest].filter(Boolean).join(' ');

test.each([
  ['waf: { mode: observe }', '', '', ['error waf.scenario']],
  ['scenario: proxy+waf, waf: { skip: [/static/, /] }', '', '', ['error waf.skip.all']],
  [
    'scenario: proxy+waf, waf: { skip: [/api/x] }',
    'routes: { "~^/api/": { service: app }, /: { service: app } }',
    '',
    ['error waf.skip.regex'],
  ],
  ['scenario: proxy+waf, uploads: 2GB', '', '', ['warning waf.uploads']],
  [
    'scenario: proxy+waf, waf: { skip: [/files/] }',
    'routes: { /files/: { service: app, uploads: 2GB }, /: { service: app } }',
    '',
    [],
  ],
  [
    'scenario: proxy+waf, waf: { applications: [nextclod] }',
    '',
    '',
    ['warning waf.application.unknown nextcloud'],
  ],
  [
    'scenario: proxy+waf, waf: { exclusions: [{ rule: 5, path: /, why: x }] }',
    '',
    '',
    ['warning waf.exclusion.unknown'],
  ],
  [
    'scenario: proxy+waf, waf: { exclusions: [{ rule: 949110, path: /, why: x }] }',
    '',
    '',
    ['error waf.exclusion.all'],
  ],
  [
    'scenario: proxy+waf, waf: { exclusions: [{ rule: 942100, path: /, target: "ARGS:/x/", why: x }] }',
    '',
    '',
    ['error value.target'],
  ],
  ['scenario: proxy+waf', '', 'waf: { rules: crs }', ['error waf.rules.unpinned']],
  [
    'scenario: proxy+waf',
    '',
    `waf: { rules: crs, sha256: "${'0'.repeat(64)}" }`,
    ['warning waf.rules.digest'],
  ],
  [
    'scenario: proxy+waf',
    '',
    `waf: { rules: gone, sha256: "${'0'.repeat(64)}" }`,
    ['warning waf.rules.missing'],
  ],
  ['scenario: proxy+waf', '', `waf: { rules: ., sha256: "${'0'.repeat(64)}" }`, ['warning waf.rules.none']],
])('%s %s %s', async (waf, more, site, expected) => {
  const { findings } = await described(waf, more, site);
  expect(findings.map(told)).toEqual(expected);
});

test('rules that somebody brought are carried to the gateway, file by file', async () => {
  const { findings } = await described('scenario: proxy+waf', '', 'waf: { rules: crs }');
  const digest = String(findings[0]?.hint?.params?.digest);
  const { site, sources } = await described(
    'scenario: proxy+waf',
    '',
    `waf: { rules: crs, sha256: "${digest}" }`,
  );
  if (!site) throw new Error('no site');
  const { files, site: there, yaml } = shippable(sources, site, '/etc/poterne/files');
  expect(there.waf?.folder).toMatch(/^\/etc\/poterne\/files\/\w{12}-crs$/);
  expect(yaml).toContain(there.waf?.folder);
  expect(files).toHaveLength(site.waf?.files?.length ?? 0);
  expect(files[0]).toMatchObject({
    from: join(folder, 'crs', site.waf?.files?.[0] ?? ''),
    to: `${there.waf?.folder}/${site.waf?.files?.[0]}`,
  });
});
