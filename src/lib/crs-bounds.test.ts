import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { debianRules } from './crs.ts';
import { bounded, replacements } from './crs-bounds.ts';

const files = readdirSync(`${debianRules}/rules`).filter((name) => name.endsWith('.conf'));
const texts = files.map((name) => readFileSync(`${debianRules}/rules/${name}`, 'utf8'));

test('what is replaced stands in the rules of Debian, and nowhere afterwards', () => {
  const all = texts.join('');
  expect(replacements.filter(([from]) => !all.includes(from))).toEqual([]);
  const after = bounded(all);
  expect(replacements.filter(([from]) => after.includes(from))).toEqual([]);
});

test('nothing but expressions is replaced, and nothing else comes in but before levels of the rules for SQL', () => {
  for (const text of texts) {
    const before = text.split('\n');
    const all = bounded(text).split('\n');
    const after = all.filter((line) => !line.includes('POTERNE_ENOUGH'));
    expect(all.length - after.length).toBe(/id:942100/.test(text) ? 3 : 0);
    expect(after).toHaveLength(before.length);
    for (const [index, line] of after.entries())
      if (line !== before[index]) expect(line).toMatch(/^(?:SecRule .*"@rx .*" \\|# .*)$/);
  }
});
