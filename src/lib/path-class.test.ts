import { expect, test } from 'vitest';
import type { AudienceRule } from '../model/audience.ts';
import { classOf, pathClasses, rootClass, speaksOf, unclearClass } from './path-class.ts';

const rule = (verdict: AudienceRule['verdict'], paths?: readonly string[]): AudienceRule => ({
  verdict,
  secondFactor: false,
  id: '',
  pointer: '',
  ...(paths ? { paths } : {}),
});

const rules = [
  rule('allow', ['/rfe/', '/café/']),
  rule('allow', ['/rfe/help/']),
  rule('deny', ['/admin/']),
  rule('allow'),
];

test('the longest prefix comes first, each once', () => {
  expect(pathClasses([...rules, ...rules])).toEqual(['/rfe/help/', '/admin/', '/café/', '/rfe/']);
});

test.each([
  ['/', rootClass],
  ['/other/rfe/', rootClass],
  ['/rf', rootClass],
  ['/rfe/', '/rfe/'],
  ['/rfe/a?b=//', '/rfe/'],
  ['/%72fe/a', '/rfe/'],
  ['/caf%C3%A9/', '/caf%C3%A9/'],
  ['/rfe/help/x', '/rfe/help/'],
  ['/rfe', unclearClass],
  ['/RFE/', unclearClass],
  ['/rfe/HELP/', unclearClass],
  ['/rfe/../admin/', unclearClass],
  ['/rfe/..;/admin/', unclearClass],
  ['/rfe//', unclearClass],
  ['/rfe%2fx', unclearClass],
  ['/rfe/%2e%2e/x', unclearClass],
  ['/rfe/%252e', unclearClass],
  ['/rfe/x;y', unclearClass],
  ['/rfe\\x', unclearClass],
  ['/%ff/', unclearClass],
  ['/admin./x', unclearClass],
  ['/admin%20/', unclearClass],
  ['/admin%20', unclearClass],
  ['/admin.?x', unclearClass],
  ['/admin%3fx', unclearClass],
  ['/admin%23x', unclearClass],
  ['/rfe/a.b%20c', '/rfe/'],
])('%s is of %s', (path, expected) => expect(classOf(rules, path)).toBe(expected));

test('without rules for paths there is nothing to tell apart', () =>
  expect(classOf([rule('allow')], '/a//b')).toBe(rootClass));

test.each([
  [rule('allow'), rootClass, true],
  [rule('allow'), unclearClass, true],
  [rule('allow', ['/rfe/']), '/rfe/', true],
  [rule('allow', ['/rfe/']), '/rfe/help/', true],
  [rule('allow', ['/rfe/help/']), '/rfe/', false],
  [rule('allow', ['/rfe/']), rootClass, false],
  [rule('allow', ['/']), '/rfe/', true],
  [rule('deny', ['/café/']), '/caf%C3%A9/', true],
  [rule('allow', ['/rfe/']), unclearClass, false],
  [rule('deny', ['/admin/']), unclearClass, true],
  [rule('deny', ['/admin/']), '/rfe/', false],
])('a rule speaks of a class', (one, pathClass, expected) => expect(speaksOf(one, pathClass)).toBe(expected));
