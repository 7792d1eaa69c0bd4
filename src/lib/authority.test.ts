import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describe } from '../describe/index.ts';
import { isBelow, policyOf } from './authority.ts';

async function policy(names: readonly string[], more = '') {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-policy-'));
  const file = join(folder, 'site.yaml');
  const published = names.map((name) => `  "${name}": { service: app, audience: everyone }\n`).join('');
  await writeFile(
    file,
    `site: test\n${more}services:\n  app: { url: "http://127.0.0.1:1" }\npublications:\n${published}`,
  );
  const { site, findings } = await describe(file);
  await rm(folder, { recursive: true });
  if (!site) throw new Error(JSON.stringify(findings.map(({ code }) => code)));
  return policyOf(site);
}

test('what is published may be signed, and all below it; a domain once, however many names are in it', async () => {
  const few = await policy(['erp.example.fr', '*.apps.example.fr', 'one.apps.example.fr', 'example.com']);
  expect(few).toMatchObject({
    names: ['apps.example.fr', 'erp.example.fr', 'example.com'],
    described: false,
    base: 'http://erp.example.fr',
  });
  const many = await policy(
    Array.from({ length: 40 }, (_, i) => `n${i}.${i < 38 ? 'example.fr' : `sole${i}.com`}`),
  );
  expect(many.names).toEqual(['example.fr', 'n38.sole38.com', 'n39.sole39.com']);
  // A whole top-level domain would be no limit.
  const apart = await policy(Array.from({ length: 40 }, (_, i) => `site${i}.fr`));
  expect(apart.names).toHaveLength(40);
});

test('what the description says goes before what is published', async () => {
  const said =
    'gateway: { http-port: 8080 }\nauthority: { names: [.Example.FR], networks: [10.1.2.3/8], at: two.example.fr, lifetime: 6d }\n';
  expect(await policy(['one.example.fr', 'two.example.fr'], said)).toMatchObject({
    ...{ names: ['example.fr'], described: true, networks: ['10.0.0.0/8'], days: 6 },
    base: 'http://two.example.fr:8080',
  });
  await expect(policy(['one.example.com'], 'authority: { names: [example.fr] }\n')).rejects.toThrow(
    'authority.name',
  );
  await expect(policy(['one.example.fr'], 'authority: { at: two.example.fr }\n')).rejects.toThrow(
    'authority.at',
  );
  await expect(policy(['one.example.fr'], 'authority: { lifetime: 3y }\n')).rejects.toThrow(
    'authority.lifetime',
  );
  await expect(policy(['one.example.fr'], 'authority: { names: ["*.fr"] }\n')).rejects.toThrow(
    'value.suffix',
  );
});

test.each([
  ['example.fr', 'example.fr', true],
  ['*.example.fr', 'example.fr', true],
  ['A.EXAMPLE.fr', 'example.fr', true],
  ['notexample.fr', 'example.fr', false],
  ['fr', 'example.fr', false],
])('%s below %s: %s', (name, suffix, is) => {
  expect(isBelow(name, suffix)).toBe(is);
});
