import { expect, test } from 'vitest';
import { issue } from '../verify/testing/pki.ts';
import { describe } from './index.ts';
import { memory } from './testing.ts';

const site = `site: s
services: { app: { url: "http://10.0.0.1", healthy: { path: / } } }
directories:
  ad:
    kind: active-directory
    servers: [ldaps://dc1.example.lan]
    trust: { ca: pki/ad.pem }
    base: "dc=example,dc=lan"
    bind: { user: p@example.lan, password: { file: /etc/poterne/secrets/ad } }
    groups: { staff: [Staff] }
sign-in: { at: portal.example.fr }
publications: { a.example.fr: { service: app, audience: [ { groups: [staff] } ] } }
`;

test('the file of a directory’s authority is read where it is described', async () => {
  const found = async (pem: string | undefined) => {
    const files = { '/site/site.yaml': site, ...(pem === undefined ? {} : { '/site/pki/ad.pem': pem }) };
    const { findings } = await describe('/site/site.yaml', { files: memory(files) });
    return findings
      .filter(({ code }) => code.startsWith('trust.'))
      .map(({ code, severity, at }) => [code, severity, at?.line]);
  };
  const authority = await issue({ common: 'Lan CA', authority: true });
  expect(await found(authority.cert)).toEqual([]);
  expect(await found(undefined)).toEqual([['trust.unreadable', 'warning', 7]]);
  expect(await found('nothing')).toEqual([['trust.empty', 'error', 7]]);
  const old = await issue({ common: 'Lan CA', authority: true, from: -9, until: -1 });
  expect(await found(old.cert)).toEqual([['trust.expired', 'warning', 7]]);
  const between = await issue({ common: 'Between', authority: true, by: authority });
  expect(await found(between.cert)).toEqual([['trust.root.missing', 'error', 7]]);
});
