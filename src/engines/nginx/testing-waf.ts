import type { Waf } from '../../model/waf.ts';

/** A firewall as it is by default, for tests. */
export const waf = (more: Partial<Waf> = {}): Waf => ({
  mode: 'block',
  paranoia: 1,
  thresholds: { inbound: 5, outbound: 4 },
  requestBody: 128_000,
  applications: [],
  skip: [],
  exclusions: [],
  pointer: '/publications/erp.localhost/waf',
  ...more,
});
