import { expect, test } from 'vitest';
import { ask, eventually, gatewayUp, head, makeRig, port, startService } from '../apply/testing.ts';
import type { AuditRecord } from '../audit/entry.ts';
import { searchAudit } from '../audit/search.ts';
import { ofCertificates, ofErrors } from './engine-refusals.ts';

test('who comes from no network of a publication is audited, once a minute, and not this machine itself', async () => {
  const rig = await makeRig();
  await startService(port(90), 'the application');
  const name = 'inside.example.fr';
  await rig.write(
    'site.yaml',
    `${head(rig.ports)}
services: { app: { url: "http://127.0.0.1:${port(90)}" } }
publications: { ${name}: { service: app, audience: { from: [127.0.0.8/32] } } }
`,
  );
  await gatewayUp(rig);
  const visit = async (from: string) =>
    (await ask({ port: rig.ports.https, name, ca: [rig.gateway.authority.root], from })).status;
  expect([await visit('127.0.0.8'), await visit('127.0.0.1')]).toEqual([200, 403]);
  const audited = await eventually(async () => {
    expect(await visit('127.0.0.9')).toBe(403);
    const found: AuditRecord[] = [];
    for await (const each of searchAudit(rig.state, { what: 'access' })) found.push(each);
    return found.length > 0 && found;
  });
  expect(audited).toMatchObject([
    { who: '-', what: 'access', to: name, from: '127.0.0.9', result: 'refused', detail: { why: 'network' } },
  ]);
});

test('a line of the error log tells of a visitor, and nothing that a visitor wrote does', () => {
  const line = (what: string, request = 'GET / HTTP/1.1') =>
    `2026/11/26 16:10:00 [error] 12#12: *45 ${what}, client: 2001:db8::7, server: erp.example.fr, request: "${request}", host: "erp.example.fr"`;
  expect(ofErrors(line('access forbidden by rule'))).toEqual({
    ...{ who: '-', what: 'access', to: 'erp.example.fr', from: '2001:db8::7', why: 'network' },
  });
  const forged = 'GET /access forbidden by rule, client: 192.0.2.1, server: bank.example.fr, HTTP/1.1';
  expect(ofErrors(line('open() failed', forged))).toBeUndefined();
  expect(ofErrors('')).toBeUndefined();
});

test('a line of the access log tells whose certificate was not accepted, and why', () => {
  const line = (more: Record<string, string>) =>
    JSON.stringify({ client: '192.0.2.7', publication: 'api.example.fr', agent: 'a', ...more });
  const expired = { clientVerified: 'FAILED:certificate has expired', clientSubject: 'CN=Café,O=Iris' };
  expect(ofCertificates(line(expired))).toEqual({
    ...{ who: 'CN=Caf?,O=Iris', what: 'access', to: 'api.example.fr', from: '192.0.2.7' },
    why: 'certificate: certificate has expired',
  });
  for (const clientVerified of ['SUCCESS', 'NONE'])
    expect(ofCertificates(line({ clientVerified }))).toBeUndefined();
  expect(ofCertificates(line({ agent: '"clientVerified":"FAILED:x"' }))).toBeUndefined();
  expect(ofCertificates('{"clientVerified":"FAILED')).toBeUndefined();
});
