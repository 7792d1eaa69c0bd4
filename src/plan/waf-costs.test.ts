import { expect, test } from 'vitest';
import { publication, service, site } from '../engines/nginx/testing.ts';
import { waf } from '../engines/nginx/testing-waf.ts';
import type { Manifest } from '../model/applied.ts';
import type { Waf } from '../model/waf.ts';
import { wafCosts } from './waf-costs.ts';

const of = (more?: Partial<Waf>) =>
  site(
    [service('app', 'http://10.0.0.1')],
    [publication('erp.fr', 'app', more ? { scenario: 'proxy+waf', waf: waf(more) } : {})],
  );
const codes = (before: ReturnType<typeof of> | undefined, after: ReturnType<typeof of>) =>
  wafCosts(before && ({ site: before } as Manifest), after).map(({ code }) => code);

test('what a change of the firewall costs is told by the plan that makes it, and no other', () => {
  expect(codes(undefined, of())).toEqual([]);
  expect(codes(undefined, of({}))).toEqual(['waf.cost.looks']);
  expect(codes(of(), of({ paranoia: 2, responseBody: 1000 }))).toEqual([
    'waf.cost.looks',
    'waf.cost.paranoia',
    'waf.cost.answers',
  ]);
  expect(codes(of({}), of({ paranoia: 2 }))).toEqual(['waf.cost.paranoia']);
  expect(codes(of({ paranoia: 2, responseBody: 1 }), of({ paranoia: 2, responseBody: 1 }))).toEqual([]);
  for (const less of [
    { mode: 'observe' },
    { skip: ['/x/'] },
    { thresholds: { inbound: 10, outbound: 4 } },
  ] as const)
    expect(codes(of({}), of(less))).toEqual(['waf.cost.less']);
});
