import { appendFile, cp, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { converge } from '../daemon/gateway.ts';
import { status } from '../daemon/status.ts';
import { translate } from '../i18n/index.ts';
import { debianRules, readRuleSet } from '../lib/crs.ts';
import { changes } from '../plan/diff.ts';
import { plan } from '../plan/planner.ts';
import { head, makeRig, port, type Rig, startService } from './testing.ts';

const app = port(80);
const attack = `/?q=${encodeURIComponent('<script>alert(1)</script>')}`;

let rig: Rig;
let rules: string;

beforeEach(async () => {
  rig = await makeRig();
  rules = join(rig.folder, 'crs');
  await cp(join(debianRules, 'rules'), join(rules, 'rules'), { recursive: true });
  await startService(app, 'the application');
});

const digest = async (): Promise<string> => {
  const files = { list: (path: string) => readdir(path), bytes: (path: string) => readFile(path) };
  const set = await readRuleSet(rules, files);
  return 'files' in set ? set.sha256 : '0'.repeat(64);
};

const text = (
  sha256: string,
  walled = ', scenario: proxy+waf',
) => `${head(rig.ports)}waf: { rules: crs, sha256: ${sha256} }
services:
  app: { url: "http://127.0.0.1:${app}" }
publications:
  walled.w.localhost: { service: app, audience: everyone${walled} }
  plain.w.localhost: { service: app, audience: everyone }
`;

/** What an attack gets: at the publication that has a firewall, and at the one without. */
const seen = async () => {
  const ask = async (name: string) => (await rig.get(`${name}.w.localhost`, attack)).status;
  return [await ask('walled'), await ask('plain')];
};

test('rules that somebody brought run as they were checked; changed, broken or gone, publications that need them refuse and no others', async () => {
  const sha256 = await digest();
  expect(await rig.apply(text(sha256))).toMatchObject({ outcome: 'applied', findings: [] });
  expect(await seen()).toEqual([403, 200]);
  const { mode } = await stat(join(rig.prefix, 'log/waf.log'));
  expect(mode & 0o777).toBe(0o600);

  // Changed: what runs is a copy, and stays; a new generation is not made of what nobody has looked at.
  const xss = join(rules, 'rules/REQUEST-941-APPLICATION-ATTACK-XSS.conf');
  const before = await readFile(xss, 'utf8');
  await appendFile(xss, '\n# changed\n');
  expect(await seen()).toEqual([403, 200]);
  const would = async () => {
    const { active, plan } = await rig.intend(text(sha256));
    return changes(active, plan).map(({ say }) => say.code);
  };
  expect(await would()).toEqual(['change.publication.refuse']);
  const changed = await rig.apply(text(sha256));
  expect(changed).toMatchObject({ outcome: 'partial' });
  expect(changed.places.filter((each) => each.includes('waf'))).toEqual(['3 waf.rules.digest']);
  // In sentences: no code stands for one.
  const told = changed.findings.map(({ code, params }) => translate('en', code, params));
  expect(told).toContain(
    '"walled.w.localhost" cannot be served: what it needs is missing, or is not what was chosen',
  );
  expect(told.join()).not.toContain('waf.rules');
  expect(await seen()).toEqual([503, 200]);
  expect((await rig.get('walled.w.localhost')).body).toContain('being repaired');
  // It refuses already, until they are looked at.
  expect(await would()).toEqual([]);
  const found = await status(rig.gateway);
  expect(found?.publications.map(({ lack }) => lack?.code)).toEqual(['waf.rules.digest', undefined]);

  // Looked at, and broken.
  await appendFile(xss, '\nSecNonsense on\n');
  const broken = await rig.apply(text(await digest()));
  expect(broken).toMatchObject({ outcome: 'partial', findings: [{ code: 'engine.refused.publication' }] });
  expect(JSON.stringify(broken.findings)).toContain('REQUEST-941');
  expect(await seen()).toEqual([503, 200]);

  // As they were.
  await writeFile(xss, before);
  expect(await would()).toEqual(['change.publication.add']);
  expect(await rig.apply(text(sha256))).toMatchObject({ outcome: 'applied' });
  expect(await seen()).toEqual([403, 200]);

  await rename(rules, `${rules}.gone`);
  const gone = await rig.apply(text(sha256));
  expect(gone.places.filter((each) => each.includes('waf'))).toEqual(['3 waf.rules.missing']);
  expect(await seen()).toEqual([503, 200]);
});

test('where all publications lack their rules, all answer 503', async () => {
  const alone = text('a'.repeat(64)).replace(/ {2}plain.*\n/, '');
  expect(await rig.apply(alone)).toMatchObject({ outcome: 'partial' });
  expect((await rig.get('walled.w.localhost')).status).toBe(503);
});

test('a version without a firewall is not kept in the place of one that has it', async () => {
  await rig.apply(text(await digest(), ''));
  expect(await seen()).toEqual([200, 200]);
  const { site } = await rig.describe(text(await digest()));
  const intent = await rig.intend(text(await digest()));
  const without = { ...intent.facts, waf: { ...intent.facts.waf, module: false } as never };
  const applied = await converge(rig.gateway, { ...intent, plan: plan(site, without) }, () => {});
  expect(JSON.stringify(applied)).toContain('waf.module.missing');
  expect(await seen()).toEqual([503, 200]);
});
