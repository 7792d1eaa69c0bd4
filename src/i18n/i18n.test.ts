import { expect, test } from 'vitest';
import { type Code, en } from './en.ts';
import { fr } from './fr.ts';
import { languageOf, translate } from './index.ts';

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

test('both languages say the same codes with the same values', () => {
  expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
  for (const code of Object.keys(en) as Code[])
    expect([code, placeholders(fr[code])]).toEqual([code, placeholders(en[code])]);
});

test('values are filled in, and a missing one stays visible', () => {
  expect(translate('en', 'value.size', { value: '3 apples' })).toContain('"3 apples" is not a size');
  expect(translate('fr', 'value.size')).toContain('{value}');
});

test('the language comes from the environment', () => {
  expect(languageOf({ LANG: 'fr_FR.UTF-8' })).toBe('fr');
  expect(languageOf({ LANG: 'fr_FR.UTF-8', POTERNE_LANG: 'en' })).toBe('en');
  expect(languageOf({})).toBe('en');
});
