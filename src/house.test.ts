import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { engines } from './engines/index.ts';

const source = dirname(fileURLToPath(import.meta.url));

/** All rooms but those that the command line alone uses. */
const everything = [
  'apply',
  'audit',
  'bastion',
  'describe',
  'doctor',
  'engines',
  'fleet',
  'hosts',
  'i18n',
  'identity',
  'lib',
  'mail',
  'model',
  'pki',
  'plan',
  'schedule',
  'secrets',
  'store',
  'verify',
  'waf',
] as const;

/** Who may import whom: a room's own files, and the rooms listed. Nothing imports `cli`. */
const rules: Readonly<Record<string, readonly string[]>> = {
  i18n: ['model'],
  model: ['i18n'],
  lib: ['i18n', 'model'],
  engines: ['i18n', 'lib', 'model'],
  schedule: ['i18n', 'lib', 'model'],
  describe: ['engines', 'i18n', 'lib', 'model', 'schedule'],
  plan: ['engines', 'i18n', 'lib', 'model'],
  docs: ['i18n', 'lib', 'model', 'plan'],
  hosts: ['lib', 'model'],
  store: ['lib', 'model', 'schedule'],
  secrets: ['lib', 'model'],
  mail: ['hosts', 'i18n', 'lib', 'model', 'secrets', 'store'],
  fleet: ['audit', 'hosts', 'i18n', 'lib', 'mail', 'model', 'store'],
  audit: ['hosts', 'lib', 'model', 'store'],
  pki: ['audit', 'hosts', 'lib', 'model', 'secrets', 'store'],
  apply: ['engines', 'hosts', 'lib', 'model', 'pki', 'plan', 'secrets', 'store'],
  verify: ['i18n', 'lib', 'model'],
  doctor: ['hosts', 'i18n', 'lib', 'model', 'pki', 'verify'],
  bastion: ['audit', 'hosts', 'i18n', 'lib', 'model', 'plan'],
  waf: ['hosts', 'i18n', 'lib', 'model'],
  identity: ['audit', 'hosts', 'i18n', 'lib', 'model', 'pki', 'secrets', 'store', 'verify'],
  daemon: everything,
  // `examples` has the applications of `poterne demo`.
  cli: [...everything, 'daemon', 'docs', 'examples'],
};

/** Rooms that compute only: no clock, no disk, no network. */
const pure = ['model', 'lib', 'i18n', 'engines', 'plan', 'docs', 'schedule'];
const impure =
  /^(node:)?(fs|fs\/promises|net|tls|http|https|http2|dns|dns\/promises|child_process|dgram|os|worker_threads)$/;

const files = walk(source).filter((file) => /\.tsx?$/.test(file));
const production = files.filter((file) => !isTest(file));

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

/** Tests and what only tests use. */
function isTest(file: string): boolean {
  return /\.(lab-)?test\.ts$|\/testing[-./]/.test(file);
}

function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm)].map(
    (m) => (m[1] ?? m[2]) as string,
  );
}

function room(file: string): string {
  const [first, second] = relative(source, file).split('/');
  return (first === '..' ? second : first) as string;
}

const engineFolders = readdirSync(join(source, 'engines')).filter((name) =>
  statSync(join(source, 'engines', name)).isDirectory(),
);

describe('the house', () => {
  test.each(production.map((file) => [relative(source, file), file]))(
    '%s imports what its room may',
    (_, file) => {
      for (const name of imports(file)) {
        if (!name.startsWith('.')) {
          if (pure.includes(room(file))) expect(name).not.toMatch(impure);
          continue;
        }
        const target = resolve(dirname(file), name);
        if (room(target) !== room(file)) expect(rules[room(file)]).toContain(room(target));
        else if (
          room(file) === 'engines' &&
          engineFolders.includes(relative(source, file).split('/')[1] as string)
        )
          // An engine never imports another: only its own folder and the contract.
          expect(relative(join(source, 'engines'), target)).toMatch(
            new RegExp(`^(${relative(source, file).split('/')[1]}/|engine\\.ts$)`),
          );
      }
    },
  );

  test('every file is small enough to read in one sitting', () => {
    const long = production.map((file) => [
      relative(source, file),
      readFileSync(file, 'utf8').split('\n').length,
    ]);
    expect(long.filter(([, lines]) => (lines as number) > 450)).toEqual([]);
  });
});

describe('the engine contract', () => {
  test('every folder is in the list, and the list is nothing else', () => {
    expect(engines.map((engine) => engine.name).sort()).toEqual(engineFolders.sort());
  });

  test.each(engineFolders)('%s holds the same rooms as the others', async (name) => {
    const held = readdirSync(join(source, 'engines', name));
    for (const wanted of [
      'engine.ts',
      'schema.ts',
      'syntax.ts',
      'actions.ts',
      'expect.ts',
      'README.md',
      'golden',
      'render.test.ts',
      'real.test.ts',
    ])
      expect(held).toContain(wanted);
    expect(held.some((entry) => entry === 'render.ts' || entry === 'render')).toBe(true);
    const { default: engine } = await import(`./engines/${name}/engine.ts`);
    expect(engines).toContain(engine);
  });

  test('no two engines claim the same word', () => {
    for (const part of ['gateway', 'service', 'publication', 'route'] as const) {
      const words = engines.flatMap((engine) => Object.keys(engine.schema[part]));
      expect(new Set(words).size).toBe(words.length);
    }
  });
});
