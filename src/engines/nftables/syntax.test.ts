import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { block, commentText, line, longestComment, note, oneOf, quoted, rule, write } from './syntax.ts';

/** Texts that try: quotes, line ends, backslashes, what nft takes for variables and commands. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      '\n',
      '\r',
      '\u2028',
      '\u0000',
      '#',
      ';',
      '{',
      '}',
      '$',
      '@',
      '*',
      "'",
      ' ',
      'é',
      '😀',
      '\ud83d',
    ),
    maxLength: 200,
  }),
  fc.constantFrom(
    '" accept\n',
    '"; flush ruleset; add rule inet x y comment "',
    '\\" drop',
    '$define',
    'include "/etc/passwd"',
    '`id`',
  ),
);

describe('a comment', () => {
  test('is one line, ends nowhere but at its end, and fits', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const kept = commentText(text);
        expect(kept).not.toMatch(/["\p{Cc}\u2028\u2029]/u);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(longestComment);
        // Still whole characters.
        expect(Buffer.from(kept).toString()).toBe(kept);
      }),
    );
  });

  test('keeps what fits, and says that it was cut', () => {
    expect(commentText('mises à jour « Debian »')).toBe('mises à jour « Debian »');
    expect(commentText('é'.repeat(64))).toBe('é'.repeat(64));
    expect(commentText('é'.repeat(65))).toBe(`${'é'.repeat(62)}…`);
  });

  test('of the file stays on its line', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const lines = write([note('', text), note('', 'end')]).text.split('\n');
        expect(lines).toHaveLength(3);
        expect(lines[0]).toMatch(/^#/);
      }),
    );
  });

  const able = process.getuid?.() === 0 && existsSync('/usr/sbin/nft');

  test.runIf(able)('comes back from the kernel as it was given, and changes no rule', () => {
    const texts = fc.sample(hostile, { numRuns: 400, seed: 7 });
    const rules = texts.flatMap((text) => [note('', text), rule('', ['tcp', 'dport', 22, 'accept'], text)]);
    const { text } = write([block('', ['table', 'inet', 't'], [block('', ['chain', 'c'], rules)])]);
    const said = execFileSync('unshare', ['-n', 'sh', '-c', 'nft -f - && nft -j list ruleset'], {
      input: text,
    });
    const { nftables } = JSON.parse(said.toString()) as {
      readonly nftables: readonly { readonly rule?: { readonly comment?: string; readonly expr: unknown } }[];
    };
    const kept = nftables.flatMap((entry) => entry.rule ?? []);
    expect(kept.map(({ comment }) => comment ?? '')).toEqual(texts.map(commentText));
    expect(new Set(kept.map(({ expr }) => JSON.stringify(expr))).size).toBe(1);
  });
});

test.each(['a b', '"', 'x"; drop', '', '#', 'a\nb', '{', '$x'])('%j is no word', (word) => {
  expect(() => write([line('', word)])).toThrow();
});

test.each(['a"b', 'a\\b', '', 'a\nb', '$x'])('%j is no text for quotes', (text) => {
  expect(() => quoted(text)).toThrow();
});

test('a long set is broken between its values, and each line has its origin', () => {
  const ports = Array.from({ length: 40 }, (_, n) => 8000 + n);
  const { text, origins } = write([
    rule('/a', ['tcp', 'dport', oneOf(ports), 'accept'], 'why'),
    line('/b', 'drop'),
  ]);
  expect(text.split('\n').every((one) => one.length < 130)).toBe(true);
  expect(origins).toEqual(['/a', '/a', '/a', '/b']);
});
