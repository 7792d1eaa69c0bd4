import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { program, ran } from '../../lib/testing-program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-docs-'));
  await writeFile(join(folder, 'broken.yaml'), broken);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const broken = `site: s
zones: { lan: { networks: [10.0.0.0/24] } }
services: { app: { url: "http://10.0.0.1", healthy: { path: / } } }
publications: { a.example.fr: { service: app, audience: everyone } }
expect:
  - deny: { from: internet, to: a.example.fr }
`;

const poterne = (...args: string[]) =>
  ran([program, ...args], { env: { ...process.env, POTERNE_LANG: 'en' } });

const erp = 'examples/open-prod/site.yaml';

test('both languages, the site’s own first', async () => {
  const out = join(folder, 'both', 'deep');
  const ended = await poterne('docs', erp, '--out', out);
  expect(ended).toMatchObject({ code: 0, out: expect.stringContaining('index.html, diagram.fr.svg') });
  expect((await readdir(out)).sort()).toEqual([
    'diagram.en.svg',
    'diagram.fr.svg',
    'index.en.html',
    'index.html',
    'perimeter.en.md',
    'perimeter.fr.md',
  ]);
  const page = await readFile(join(out, 'index.html'), 'utf8');
  expect(page).toContain('<html lang="fr">');
  expect(page).toContain('à partir de examples/open-prod/site.yaml. À ne pas');
});

test('one language and a date, and the same as data', async () => {
  const out = join(folder, 'one');
  const { code, out: json } = await poterne(
    ...['docs', erp, '--out', out, '--lang', 'en', '--date', '1 October 2026', '--json'],
  );
  expect(code).toBe(0);
  expect(JSON.parse(json)).toMatchObject({
    site: 'masociete',
    date: '1 October 2026',
    contacts: [{ owner: { name: 'DSI' } }],
  });
  expect((await readdir(out)).sort()).toEqual(['diagram.svg', 'index.html', 'perimeter.md']);
  expect(await readFile(join(out, 'perimeter.md'), 'utf8')).toContain('site.yaml, 1 October 2026.');
});

test('a request that says no folder, and a folder that cannot be', async () => {
  expect(await poterne('docs', erp)).toMatchObject({ code: 2, err: expect.stringContaining('--out DIR') });
  const file = join(folder, 'broken.yaml');
  expect(await poterne('docs', erp, '--out', file)).toMatchObject({
    code: 1,
    err: expect.stringContaining('EEXIST'),
  });
});

test.each([['check'], ['plan'], ['apply'], ['docs', '--out', '.']])(
  'a broken assertion is refused by %s, at its line, before anything is touched',
  async (command, ...options) => {
    const state = join(folder, `state-${command}`);
    const ended = await poterne(command, join(folder, 'broken.yaml'), ...options, '--state', state);
    expect(ended.code).toBe(2);
    expect(ended.err).toContain('broken.yaml:6:11  error  assertion.broken');
    expect(ended.err).toContain(
      'hint: internet reaches localhost on port 443, because a.example.fr is open to everyone',
    );
    expect(await readdir(folder)).not.toContain(`state-${command}`);
  },
);
