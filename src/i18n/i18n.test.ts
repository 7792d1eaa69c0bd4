import { expect, test } from 'vitest';
import * as access from './en/access.ts';
import * as apply from './en/apply.ts';
import * as cli from './en/cli.ts';
import * as demo from './en/demo.ts';
import * as describe from './en/describe.ts';
import * as docs from './en/docs.ts';
import * as doctor from './en/doctor.ts';
import * as hosts from './en/hosts.ts';
import * as inventory from './en/inventory.ts';
import * as jobs from './en/jobs.ts';
import * as nftables from './en/nftables.ts';
import * as nginx from './en/nginx.ts';
import * as plan from './en/plan.ts';
import * as scheduler from './en/scheduler.ts';
import * as sessions from './en/sessions.ts';
import * as verify from './en/verify.ts';
import { type Code, en } from './en.ts';
import { fr } from './fr.ts';
import { languageOf, translate } from './index.ts';

const areas = [
  access,
  apply,
  cli,
  demo,
  describe,
  docs,
  doctor,
  hosts,
  inventory,
  jobs,
  nftables,
  nginx,
  plan,
  sessions,
  scheduler,
  verify,
].flatMap((module) => Object.values(module));

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

test('both languages say the same codes with the same values', () => {
  expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
  for (const code of Object.keys(en) as Code[])
    expect([code, placeholders(fr[code])]).toEqual([code, placeholders(en[code])]);
});

test('no code is said in two places', () => {
  const codes = areas.flatMap((area) => Object.keys(area));
  expect(codes.filter((code, n) => codes.indexOf(code) !== n)).toEqual([]);
});

test('values are filled in, and a missing one stays visible', () => {
  expect(translate('en', 'value.size', { value: '3 apples' })).toContain('"3 apples" is not a size');
  expect(translate('fr', 'value.size')).toContain('{value}');
});

test('words go with their number', () => {
  const rows = (language: 'en' | 'fr', count: number | string) =>
    translate(language, 'audit.count', { count });
  expect([0, 1, 2].map((count) => rows('en', count))).toEqual(['0 entries.', '1 entry.', '2 entries.']);
  expect([0, 1, 2].map((count) => rows('fr', count))).toEqual(['0 entrée.', '1 entrée.', '2 entrées.']);
  expect(rows('en', '≥ 256')).toBe('≥ 256 entries.');
  expect(rows('fr', '1')).toBe('1 entrée.');
});

test('a word that goes with a number goes with one that the text has', () => {
  for (const [code, text] of [...Object.entries(en), ...Object.entries(fr)])
    for (const [, name] of text.matchAll(/\{(\w+)\|/g))
      expect([code, placeholders(text)]).toEqual([code, expect.arrayContaining([name])]);
});

test('the language comes from the environment', () => {
  expect(languageOf({ LANG: 'fr_FR.UTF-8' })).toBe('fr');
  expect(languageOf({ LANG: 'fr_FR.UTF-8', POTERNE_LANG: 'en' })).toBe('en');
  expect(languageOf({})).toBe('en');
});
