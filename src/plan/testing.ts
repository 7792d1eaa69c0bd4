import { resolve } from 'node:path';
import { describe } from '../describe/index.ts';
import { memory } from '../describe/testing.ts';
import type { Site } from '../model/site.ts';

/** The site that a description means; throws when it is refused. */
export async function siteOf(yaml: string): Promise<Site> {
  const { site, findings } = await describe('site.yaml', { files: memory({ [resolve('site.yaml')]: yaml }) });
  if (!site) throw new Error(JSON.stringify(findings));
  return site;
}

/** A site with a router, a gateway in a dmz, two servers behind it and somewhere to look from. */
export const perimeter = `site: s
zones:
  lan: { networks: [10.10.0.0/24, "fd00:10::/64"] }
  dmz: { networks: [10.20.0.0/24] }
hosts:
  router: { address: [203.0.113.1, 10.20.0.1, 10.10.0.1], roles: [router], ssh: {} }
  gw: { address: 10.20.0.2, roles: [gateway], ssh: { user: debian } }
  erp: { address: [10.10.0.15, "fd00:10::15"], ssh: { via: gw } }
  db: { address: 10.10.0.16, ssh: { via: gw, port: 2222 } }
  outside: { address: 203.0.113.66, roles: [vantage], ssh: {} }
admin: { from: [lan] }
flows:
  - { from: dmz, to: internet, ports: [80, 443], why: updates }
  - { from: dmz, to: 10.10.0.53, ports: [53], protocol: udp, why: names }
gateway: { public: [203.0.113.1], https-port: 8443, public-port: 443 }
services:
  erp: { host: erp, url: "http://10.10.0.15:8069", healthy: { path: / }, needs: [base] }
  base: { host: db, url: "tcp://10.10.0.16:5432", healthy: { path: / } }
  files: { host: erp, url: "tcp://10.10.0.15:22", healthy: { path: / } }
publications:
  erp.example.fr: { service: erp, audience: everyone }
  files.example.fr: { service: files, scenario: direct, port: 2022, audience: { from: [192.0.2.0/24] } }
`;
