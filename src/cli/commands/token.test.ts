import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { momentWords } from '../../lib/audience-words.ts';
import { program, ran } from '../../lib/testing-program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-token-'));
  await writeFile(join(folder, 'site.yaml'), site);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const site = `site: mairie
timezone: Asia/Tokyo
people: { edi: { groups: [machines] } }
sign-in: { at: portail.example.fr }
services: { erp: { url: "http://10.0.0.9", healthy: { path: / } } }
publications: { erp.example.fr: { service: erp, audience: [{ groups: [machines] }] } }
`;

const token = (...args: string[]) =>
  ran([program, 'token', ...args, '--site', join(folder, 'site.yaml'), '--state', join(folder, 'state')], {
    env: { ...process.env, POTERNE_LANG: 'en', POTERNE_MACHINE_KEY: join(folder, 'machine.key') },
  });

test('who makes a token is told to the minute until when it counts, and tries it where it does', async () => {
  const made = await token(
    ...['create', 'rfe', '--as', 'edi', '--for', 'erp.example.fr'],
    ...['--path', '/rfe/', '--expires', '1h'],
  );
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^pot_\S+\n$/) });
  const [found] = JSON.parse((await token('list', '--json')).out);
  const until = momentWords(new Date(found.expires), 'Asia/Tokyo');
  expect(made.err).toContain(`acts as edi until ${until}.`);
  expect(made.err).toContain('https://erp.example.fr/rfe/\n');
  const { out } = await token('list');
  expect(out).toContain(until);
  expect(out).not.toContain(made.out.trim());
});
