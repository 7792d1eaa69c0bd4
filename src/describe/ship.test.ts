import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { hasErrors } from '../model/finding.ts';
import { describe } from './index.ts';
import { shipment } from './ship.ts';
import { memory } from './testing.ts';

const files = memory({
  [resolve('here/site.yaml')]: `site: "a: b"
language: fr
include: [more/*.yaml]
gateway: { https-port: 8443 }
expect:
  - deny: { from: internet, to: erp }
hosts: { erp: { address: 10.0.0.15 } }
services:
  erp: { host: erp, url: "http://10.0.0.15:8069", healthy: { path: / } }
publications:
  '~^app[0-9]+\\.example\\.fr$':
    service: erp
    example: app1.example.fr
    tls: { certificate: ../keys/app.crt, key: ../keys/app.key }
    audience: { from: [10.0.0.0/8] }
`,
  [resolve('here/more/mail.yaml')]: `services:
  mail: { url: "https://10.0.0.25", trust: { ca: keys/ca.crt, name: mail.lan }, healthy: { path: / } }
publications:
  mail.example.fr: { service: mail, audience: everyone, tls: { certificate: keys/app.crt, key: keys/app.key } }
`,
});

test('one file that means the same elsewhere, and what it needs beside it', async () => {
  const here = await describe('here/site.yaml', { files });
  const shipped = shipment(here.sources, '/etc/poterne/files');
  expect(shipped.files.map(({ from, because }) => [from, because])).toEqual([
    [resolve('here/more/keys/ca.crt'), '/services/mail/trust/ca'],
    [resolve('keys/app.crt'), '/publications/~0^app[0-9]+\\.example\\.fr$/tls/certificate'],
    [resolve('keys/app.key'), '/publications/~0^app[0-9]+\\.example\\.fr$/tls/key'],
    [resolve('here/more/keys/app.crt'), '/publications/mail.example.fr/tls/certificate'],
    [resolve('here/more/keys/app.key'), '/publications/mail.example.fr/tls/key'],
  ]);
  expect(new Set(shipped.files.map(({ as }) => as)).size).toBe(5);
  expect(shipped.files.every(({ as }) => /^\/etc\/poterne\/files\/[0-9a-f]{8}-[\w.]+$/.test(as))).toBe(true);
  const there = await describe('/etc/poterne/site.yaml', {
    files: memory({ '/etc/poterne/site.yaml': shipped.text }),
  });
  expect(hasErrors(there.findings)).toBe(false);
  let expected = JSON.stringify(here.site);
  for (const { from, as } of shipped.files)
    expected = expected.replaceAll(JSON.stringify(from), JSON.stringify(as));
  expect(JSON.stringify(there.site)).toBe(expected);
});

test('the same again gives the same text', async () => {
  const once = shipment((await describe('here/site.yaml', { files })).sources, '/f');
  expect(shipment((await describe('here/site.yaml', { files })).sources, '/f')).toEqual(once);
});
