import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote } from './quote.ts';

/** The words that a real sh makes of a command line. */
function wordsOf(line: string): string[] {
  return execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

const hostile = fc.constantFrom(
  ...["'", '"', '\\', '$', '`', '!', '\n', '\r', '\t', ' ', '*', '?', '[', '~', '#', '=', '&', '|', ';', '<'],
  ...['$(id)', '-n', '--', '{a,b}', 'é', '漢', '%s'],
);
const word = fc.oneof(
  fc.string({ unit: hostile, maxLength: 12 }),
  fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
);

test('a real sh makes the same words of it', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
      expect(wordsOf(quote(words))).toEqual(words);
    }),
    { numRuns: 300 },
  );
});

test('quoted twice, it is read by a shell that starts a shell', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), (words) => {
      const inner = quote(['printf', '%s\\0', ...words]);
      const said = execFileSync('sh', ['-c', quote(['sh', '-c', inner])], { encoding: 'utf8' });
      expect(said.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 50 },
  );
});

test('plain words stay readable; a zero byte is refused', () => {
  expect(quote(['nft', '-f', '/etc/nftables.conf', ''])).toBe("nft -f /etc/nftables.conf ''");
  expect(quote(['~', '=ls', 'a=b'])).toBe("'~' '=ls' a=b");
  expect(() => quote(['a\0b'])).toThrow();
});
