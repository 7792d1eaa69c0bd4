import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import nginx from '../engines/nginx/engine.ts';
import { makeKeyOf } from '../pki/authority/keys.ts';
import { resumeLocally } from './executor.ts';
import { atEnd, faultOf, head, makeRig, port, type Rig } from './testing.ts';

const [door, there] = [port(40), port(41)];

/** A partner that asks for certificates of `ca`, and tells the subject and the serial number of the one that it is shown. */
async function startPartner(rig: Rig, ca: string): Promise<void> {
  const { certificate, key } = await rig.theirs.issue(['partner.example'], 30, new Date());
  await rig.write('partner-root.pem', rig.theirs.root);
  const server = createServer(
    { cert: certificate, key, ca, requestCert: true, rejectUnauthorized: true },
    ({ socket }, answer) => {
      const { subject, serialNumber } = (socket as TLSSocket).getPeerCertificate();
      answer.end(`${subject.CN} ${serialNumber}`);
    },
  ).listen(there, '127.0.0.1');
  atEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
}

const yaml = (
  rig: Rig,
  shown: string,
  more = '',
) => `${head(rig.ports).replace(' }\n', `, partners: { port: ${door} } }\n`)}
tls-configurations: { to-api: ${shown} }
partners:
  api:
    url: https://127.0.0.1:${there}/
    tls-configuration: to-api
    trust: { ca: partner-root.pem, name: partner.example }
    callers: [127.0.0.1]
    paths: [/]
${more}`;

const openssl = (rig: Rig, ...argv: string[]) => promisify(execFile)('openssl', argv, { cwd: rig.folder });

/** One call: the status, and the body. */
function call(
  to: { port: number; host: string } | { socketPath: string } = { port: door, host: '127.0.0.1' },
) {
  return new Promise<string>((resolve, reject) => {
    const asked = request({ ...to, path: '/api/', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        body += piece;
      });
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** A client certificate of the partner's authority, whose key is encrypted with what `passphrase` holds. */
async function issueEncrypted(rig: Rig, passphrase: string): Promise<void> {
  await rig.write('secret', `${passphrase}\n`);
  await chmod(join(rig.folder, 'secret'), 0o600);
  const key = await makeKeyOf('ecdsa-p256');
  const wanted = { name: 'iris', purpose: 'client', names: [], days: 30, publicKey: key } as const;
  const [made] = await rig.theirs.certify([wanted], { who: 'test' }, new Date());
  await rig.write('plain.key', key.export({ type: 'pkcs8', format: 'pem' }) as string);
  await openssl(rig, 'pkcs8', '-topk8', '-in', 'plain.key', '-out', 'client.key', '-passout', 'file:secret');
  await rig.write('client.pem', made?.certificate ?? '');
}

test('Poterne’s own CA issues what is shown; a renewal while calls go on loses none, and the partner sees the new one', async () => {
  const rig = await makeRig();
  await startPartner(rig, rig.gateway.authority.root);
  const text = yaml(rig, '{ authority: internal, names: [iris.example] }');
  expect(await rig.apply(text)).toMatchObject({ outcome: 'applied', findings: [] });
  const before = await call();
  expect(before).toMatch(/^200 iris\.example [0-9A-F]+$/);
  expect((await rig.apply(text)).outcome).toBe('unchanged');

  let going = true;
  const answers: string[] = [];
  const loops = Array.from({ length: 4 }, async () => {
    while (going && answers.length < 20_000)
      answers.push(await call().catch((error: Error) => error.message));
  });
  // What is not there is issued anew.
  await rm(join(rig.state, 'certificates', 'client-to-api.pem'));
  expect((await rig.apply(text)).outcome).toBe('applied');
  going = false;
  await Promise.all(loops);
  expect(new Set(answers.map((answer) => answer.split(' ')[0]))).toEqual(new Set(['200']));
  expect(await call()).not.toBe(before);
});

test('an encrypted key is unlocked with its passphrase; one that cannot be leaves the old certificate serving', async () => {
  const rig = await makeRig();
  await startPartner(rig, rig.theirs.root);
  await issueEncrypted(rig, 'first passphrase');
  const text = yaml(
    rig,
    `{ certificate: client.pem, key: client.key, passphrase: { file: ${rig.folder}/secret } }`,
  );
  expect(await rig.apply(text)).toMatchObject({ outcome: 'applied', findings: [] });
  const before = await call();
  expect(before).toMatch(/^200 /);
  const log = await readFile(join(rig.prefix, 'log/partners.log'), 'utf8');
  expect(log + JSON.stringify(await rig.active())).not.toContain('first passphrase');

  await issueEncrypted(rig, 'second passphrase');
  await rig.write('secret', 'another\n');
  const refused = await rig.apply(text);
  expect(refused.outcome).toBe('partial');
  expect(refused.findings[0]).toMatchObject({
    code: 'engine.refused.publication',
    params: { name: 'partner api' },
    hint: { code: 'engine.refused.kept' },
  });
  expect(JSON.stringify(refused)).not.toContain('another');
  expect(await call()).toBe(before);

  // Where more than the certificate is other than before, nothing of before goes on.
  const wider = await rig.apply(text.replace('paths: [/]', 'paths: [/, /more]'));
  expect(wider.findings[0]).toMatchObject({ hint: { code: 'engine.refused.stand-in' } });
  expect(await call()).toMatch(/^503 {"error":"repair"/);

  await issueEncrypted(rig, 'third passphrase');
  expect(await rig.apply(text)).toMatchObject({ outcome: 'applied', findings: [] });
  expect(await call()).toMatch(/^200 /);
});

test('a socket is for those who may enter its folder, and is there again after the engine was killed', async () => {
  const rig = await makeRig();
  await startPartner(rig, rig.gateway.authority.root);
  const folder = join(rig.folder, 'calls');
  const socket = join(folder, 'api.sock');
  const text = yaml(rig, '{ authority: internal, names: [iris.example] }', `    socket: ${socket}\n`);
  expect((await faultOf(rig.apply(text))).code).toBe('partner.socket.folder');
  await mkdir(folder);
  await chmod(folder, 0o755);
  expect((await faultOf(rig.apply(text))).code).toBe('partner.socket.open');
  await chmod(folder, 0o750);
  expect((await rig.apply(text)).outcome).toBe('applied');
  expect(await call({ socketPath: socket })).toMatch(/^200 /);

  process.kill((await rig.master()) as number, 'SIGKILL');
  await expect.poll(() => rig.master()).toBeUndefined();
  await resumeLocally(nginx, rig.state);
  expect(await call({ socketPath: socket })).toMatch(/^200 /);
});
