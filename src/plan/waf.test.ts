import { describe, expect, test } from 'vitest';
import type { Manifest } from '../model/applied.ts';
import type { ProxiedPublication, Site } from '../model/site.ts';
import type { Waf, WafEvidence } from '../model/waf.ts';
import { enforcementFindings, turnedOn } from './waf.ts';

const waf = (mode: Waf['mode']): Waf => ({
  ...{ mode, paranoia: 1, thresholds: { inbound: 5, outbound: 4 }, requestBody: 1, applications: [] },
  ...{ skip: [], exclusions: [], pointer: '/publications/erp/waf' },
});
const siteWith = (mode: Waf['mode'] | 'none' | 'absent'): Site => {
  const publication = {
    ...{ id: 'erp', name: 'erp.example.fr', scenario: mode === 'none' ? 'proxy' : 'proxy+waf' },
    ...(mode === 'none' || mode === 'absent' ? {} : { waf: waf(mode) }),
  } as ProxiedPublication;
  return { publications: mode === 'absent' ? [] : [publication] } as unknown as Site;
};
const active = (mode: Parameters<typeof siteWith>[0]) => ({ site: siteWith(mode) }) as Manifest;
const seen = (more: Partial<WafEvidence> = {}): WafEvidence => ({
  ...{ requests: 1200, wouldBlock: 0, unresolved: 0, rules: [] },
  ...{ first: '2026-11-20T08:00:00.000Z', last: '2026-11-26T07:00:00.000Z' },
  ...more,
});
const told = (evidence: WafEvidence | undefined) =>
  enforcementFindings(active('observe'), siteWith('block'), new Map(evidence ? [['erp', evidence]] : []));

describe('a firewall that begins to block', () => {
  test.each([
    ['observe', 'block', 1],
    ['none', 'block', 1],
    ['block', 'block', 0],
    ['absent', 'block', 0],
    ['none', 'observe', 0],
    ['block', 'observe', 0],
  ] as const)('was %s and is %s: %i', (before, after, count) => {
    expect(turnedOn(active(before), siteWith(after))).toHaveLength(count);
  });

  test('is warned about where nobody came, and where nobody says so', () => {
    expect(told(seen({ requests: 0 }))).toMatchObject([
      { severity: 'warning', code: 'waf.enforce.unseen', pointer: '/publications/erp/waf/mode' },
    ]);
    expect(told(undefined)).toMatchObject([{ severity: 'warning', code: 'waf.enforce.unknown' }]);
  });

  test('is warned about with what it would block', () => {
    const rules = [{ rule: 942100, requests: 3 }];
    const last = '2026-11-25T10:00:00.000Z';
    const [finding] = told(seen({ wouldBlock: 5, unresolved: 3, lastUnresolved: last, rules }));
    expect(finding).toMatchObject({
      ...{ severity: 'warning', code: 'waf.enforce.unresolved' },
      params: {
        requests: 1200,
        days: 6,
        wouldBlock: 5,
        unresolved: 3,
        rules: '942100 (3)',
        last: '2026-11-25 10:00 UTC',
      },
      hint: { code: 'waf.enforce.hint' },
    });
  });

  test('is only told of where all that it saw would pass', () => {
    expect(told(seen())).toMatchObject([{ severity: 'note', code: 'waf.enforce.clean' }]);
    expect(told(seen({ wouldBlock: 5 }))).toMatchObject([{ severity: 'note', code: 'waf.enforce.resolved' }]);
  });
});
