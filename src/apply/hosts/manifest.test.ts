import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BundleFile, BundlePart } from '../../model/bundle.ts';
import { manifestOf, wordField, wordOf } from './manifest.ts';

const folder = new URL('./script/', import.meta.url);

/** What the host's own function runs, given the words of a manifest. */
function ran(fields: readonly string[], staged = '/nonexistent'): string[] {
  const work = mkdtempSync(join(tmpdir(), 'poterne-words-'));
  try {
    const functions = readFileSync(new URL('common.sh', folder), 'utf8');
    const script = `${functions}\nwork=$1 staged=$2\nrun_words "$3" 5\ncat "$work/said"`;
    const argv = ['-c', script, 'sh', work, staged, fields.join('\t')];
    return execFileSync('sh', argv, { encoding: 'utf8' }).split('\0').slice(0, -1);
  } finally {
    rmSync(work, { recursive: true });
  }
}

const hostile = fc.constantFrom(
  ...[
    "'",
    '"',
    '\\',
    '$',
    '`',
    '\n',
    '\r',
    '\t',
    ' ',
    '*',
    '~',
    '=',
    '@',
    '-',
    '%s',
    '\\n',
    '\\c',
    '\\0',
    'é',
  ],
);
const word = fc.oneof(
  fc.string({ unit: hostile, maxLength: 10 }),
  fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
);

test('a command arrives on the host word by word', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const fields = ['printf', '%s\\0', ...words].map(wordField);
      expect(fields.map(wordOf)).toEqual(['printf', '%s\\0', ...words]);
      expect(ran(fields)).toEqual(words);
    }),
    { numRuns: 100 },
  );
});

test('a staged file is named by its copy, or where there is none by itself', () => {
  const staged = mkdtempSync(join(tmpdir(), 'poterne-staged-'));
  try {
    writeFileSync(join(staged, 'a'), '');
    const fields = ['printf', '%s\\0', { staged: '/a' }, { staged: '/b' }].map(wordField);
    expect(ran(fields, staged)).toEqual([`${staged}/a`, '/b']);
  } finally {
    rmSync(staged, { recursive: true });
  }
});

describe('the manifest', () => {
  const nothing = {
    packages: [],
    carried: [],
    accounts: [],
    folders: [],
    checks: [],
    actions: [],
    units: [],
  };
  const file = (path: string, more: Partial<BundleFile> = {}): BundleFile => ({
    ...{
      path,
      mode: 0o644,
      owner: 'root',
      group: 'root',
      content: { text: 'a\n' },
      secret: false,
      because: '',
    },
    ...more,
  });
  const part = (...files: BundleFile[]): BundlePart => ({ name: 'p', ...nothing, files });
  const of = (...parts: BundlePart[]) => manifestOf({ host: 'h', parts }, ['p']);

  test('holds a line for each thing, and no content', async () => {
    const { text, secrets } = await of({
      ...part(
        file('/etc/a'),
        file('/etc/key', { content: { text: 'hunter2hunter2\n\nx\n' }, secret: true, mode: 0o600 }),
      ),
      packages: ['nginx'],
      folders: [{ path: '/etc/f', mode: 0o750, owner: 'root', group: 'adm' }],
      checks: [['nginx', '-t', { staged: '/etc/a' }]],
      confirm: 60,
    });
    expect(text.split('\n').map((line) => line.replaceAll('\t', ' ').replace(/[0-9a-f]{64}/, 'SHA'))).toEqual(
      [
        'part p 60 hold',
        'package nginx',
        'folder /etc/f 41e8 00750 root adm',
        'file /etc/a 81a4 0644 root root SHA 0 2',
        'file /etc/key 8180 0600 root root SHA 1 18',
        'check =nginx =-t @/etc/a',
        '',
      ],
    );
    expect(secrets).toEqual(['hunter2hunter2']);
  });

  test.each(['relative', '/a/../b', '/a//b', '/a/', '/new\nline', '/tab\there', '/back\\slash', ''])(
    'refuses the path %j',
    async (path) => {
      await expect(of(part(file(path)))).rejects.toThrow();
    },
  );

  test('refuses what is there twice, and names that are none', async () => {
    await expect(of(part(file('/a'), file('/a')))).rejects.toThrow('twice');
    await expect(of(part(), part())).rejects.toThrow('twice');
    await expect(of({ ...part(), name: '../p' })).rejects.toThrow("cannot be a part's name");
  });
});
