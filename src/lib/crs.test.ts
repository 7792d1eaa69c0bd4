import { expect, test } from 'vitest';
import { isAsked } from './crs.ts';

const asked = { applications: new Set(['nextcloud', 'wordpress']), answers: false };

test.each([
  ['rules/REQUEST-903.9003-NEXTCLOUD-EXCLUSION-RULES.conf', true],
  ['rules/REQUEST-903.9001-DRUPAL-EXCLUSION-RULES.conf', false],
  ['plugins/wordpress-rule-exclusions-before.conf', true],
  ['plugins/wordpress-rule-exclusions-config.conf', true],
  ['plugins/drupal-rule-exclusions-config.conf', false],
  ['plugins/fake-bot-before.conf', true],
  ['rules/REQUEST-901-INITIALIZATION.conf', true],
  ['rules/REQUEST-912-DOS-PROTECTION.conf', false],
  ['rules/REQUEST-942-APPLICATION-ATTACK-SQLI.conf', true],
  ['rules/RESPONSE-951-DATA-LEAKAGES-SQL.conf', false],
  ['rules/RESPONSE-999-EXCLUSION-RULES-AFTER-CRS.conf', true],
  ['rules/sql-errors.data', true],
])('%s is loaded: %s', (file, loaded) => {
  expect(isAsked(file, asked)).toBe(loaded);
});

test('where answers are judged, so are the rules for them', () => {
  expect(isAsked('rules/RESPONSE-951-DATA-LEAKAGES-SQL.conf', { ...asked, answers: true })).toBe(true);
});
