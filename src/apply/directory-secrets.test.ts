import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { program } from '../lib/testing-program.ts';
import { head, makeRig } from './testing.ts';

test('a directory’s password that the gateway cannot read is told at its line, and all else is served', async () => {
  const rig = await makeRig();
  const password = `${rig.folder}/password`;
  const yaml = `${head(rig.ports)}
services: { app: { url: "http://127.0.0.1:1" } }
directories:
  ad:
    kind: active-directory
    servers: [ldaps://dc1.example.lan]
    base: "dc=example,dc=lan"
    bind:
      user: poterne@example.lan
      password:
        file: ${password}
    groups: { staff: [Staff] }
  entra:
    kind: openid
    issuer: https://login.example.com
    client-id: poterne
    client-secret: { file: ${rig.folder}/none }
    groups: { staff: [Staff] }
sign-in: { at: portal.example.fr, sources: [ad, entra] }
publications: { app.example.fr: { service: app, audience: [ { groups: [staff] } ] } }
`;
  const missing = await rig.apply(yaml);
  expect(missing.outcome).toBe('applied');
  expect(missing.places).toEqual(['13 secret.missing', '19 secret.missing']);
  expect(missing.findings.map(({ severity, hint }) => [severity, hint?.code])).toEqual(
    Array(2).fill(['warning', 'secret.missing.next']),
  );
  await rig.write('password', 'secret\n');
  await chmod(password, 0o644);
  await rig.write('none', 'secret\n');
  await chmod(`${rig.folder}/none`, 0o600);
  expect((await rig.apply(yaml)).places).toEqual(['13 secret.open']);
  // Before anything is applied, too.
  const { stderr } = await promisify(execFile)(program, ['plan', rig.file, '--state', rig.state], {
    env: { ...process.env, POTERNE_LANG: 'en' },
  });
  expect(stderr).toMatch(/site\.yaml:13:\d+ +warning +secret\.open/);
  await chmod(password, 0o600);
  expect((await rig.apply(yaml)).places).toEqual([]);
});
