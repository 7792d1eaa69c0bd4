import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atEnd, eventually, head, makeRig, port, type Rig } from '../../apply/testing.ts';
import { pinFlag, pinnedAuthorities, pinOf } from '../../lib/partner-pins.ts';
import type { Message } from '../../model/message.ts';
import { openAuthority } from '../../pki/authority/authority.ts';
import { expectationsHere } from '../../plan/planner.ts';
import { activeManifest, prove } from '../gateway.ts';
import { forgetPins, pinStates } from './pins.ts';
import { watchPins } from './watch.ts';

/** Pins of partners on a real nginx: a partner that changes its key, and one that somebody else of its authority's stands in for. */

const [door, there] = [port(40), port(41)];

type Shown = { readonly certificate: string; readonly key: string };

/** A partner that shows this, until told to show another thing, or to be away. */
async function startPartner(rig: Rig, first: Shown) {
  const pair = ({ certificate, key }: Shown) => ({ cert: certificate, key, ca: rig.gateway.authority.root });
  let server: Server | undefined;
  let now = first;
  const start = async () => {
    server = createServer(
      // In TLS 1.2 whoever shows no certificate is told nothing of the partner's own.
      { ...pair(now), requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' },
      (_, answer) => answer.end('partner'),
    );
    await new Promise<void>((resolve) => server?.listen(there, '127.0.0.1', resolve));
  };
  const stop = async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
  };
  atEnd(stop);
  await start();
  const show = (shown: Shown) => {
    now = shown;
    server?.setSecureContext(pair(shown));
    server?.closeAllConnections();
  };
  return { start, stop, show };
}

const yaml = (rig: Rig, pins: readonly string[]) => `${head(rig.ports).replace(
  ' }\n',
  `, partners: { port: ${door} } }\n`,
)}
tls-configurations: { to-api: { authority: internal, names: [iris.example] } }
partners:
  api:
    url: https://127.0.0.1:${there}/
    tls-configuration: to-api
    trust: { ca: trusted.pem, name: partner.example }
    callers: [127.0.0.1]
    paths: [/]
    pins: [${pins.map((pin) => `sha256/${pin}`).join(', ')}]
`;

function call(): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ port: door, host: '127.0.0.1', path: '/api/', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        body += piece;
      });
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const refused = /^503 \{"error":"pin","message":".+","request":"[0-9a-f]+"\}$/;
const keyOf = (pem: string): string => pinOf(new X509Certificate(pem));
const issue = (rig: Rig) => rig.theirs.issue(['partner.example'], 30, new Date());

/** Watches as the daemon does, only more often. */
function watching(rig: Rig, trusted?: number) {
  const ending = new AbortController();
  const told: Message['code'][] = [];
  const { look, ended } = watchPins(rig.gateway, {
    active: () => activeManifest(rig.state),
    tell: ({ code }) => told.push(code),
    fail: (error) => told.push((error as Error).message as Message['code']),
    signal: ending.signal,
    every: { every: 200, shut: 100 },
    ...(trusted === undefined ? {} : { trusted }),
  });
  const stop = async () => {
    ending.abort();
    await ended;
  };
  atEnd(stop);
  return { told, look, stop };
}

test('calls end when the partner shows another key, and go on when it shows the pinned one again', async () => {
  const rig = await makeRig();
  const [own, other] = [await issue(rig), await issue(rig)];
  await rig.write('trusted.pem', rig.theirs.root);
  const partner = await startPartner(rig, own);
  expect(await rig.apply(yaml(rig, [keyOf(own.certificate)]))).toMatchObject({
    outcome: 'applied',
    findings: [],
  });
  expect(await call()).toBe('200 partner');
  const { site } = await rig.describe(yaml(rig, [keyOf(own.certificate)]));
  const proved = await prove(rig.gateway, site, expectationsHere(site));
  expect(proved.map(({ expectation, held, seen }) => [expectation, held, seen.code])).toEqual([
    ['partner/api#answers', true, 'seen.partner.answered'],
    ['partner/api#certificate', true, 'seen.partner.certificate'],
  ]);
  const { told, stop } = watching(rig);

  partner.show(other);
  await eventually(async () => refused.test(await call()));
  expect(told).toEqual(['up.partner.shut', 'seen.partner.pin']);
  expect((await pinStates(rig.state)).api).toMatchObject({ open: false, seen: { code: 'seen.partner.pin' } });
  partner.show(own);
  await eventually(async () => (await call()) === '200 partner');
  expect(told.at(-1)).toBe('up.partner.open');

  // Another pin in the description: what was seen of the one before counts no more, and is not left behind.
  await partner.stop();
  const changed = yaml(rig, [keyOf(other.certificate)]);
  const before = join(
    rig.prefix,
    pinFlag((await rig.describe(yaml(rig, [keyOf(own.certificate)]))).site.partners[0] as never),
  );
  expect((await stat(before)).isFile()).toBe(true);
  await rig.apply(changed);
  expect(await call()).toMatch(refused);
  await eventually(() =>
    stat(before).then(
      () => false,
      () => true,
    ),
  );
  await partner.start();
  partner.show(other);
  await eventually(async () => (await call()) === '200 partner');
  await stop();
});

test('a partner that cannot be looked at goes on for a while, and then not; after an end of the gateway it waits for a look', async () => {
  const rig = await makeRig();
  const own = await issue(rig);
  await rig.write('trusted.pem', rig.theirs.root);
  const partner = await startPartner(rig, own);
  await rig.apply(yaml(rig, [keyOf(own.certificate)]));
  await partner.stop();
  const first = watching(rig);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await call()).toMatch(/^502 \{"error":"unreachable"/);
  await first.stop();
  const { told } = watching(rig, 300);
  await eventually(async () => refused.test(await call()));
  expect(told).toEqual(['up.partner.shut', 'seen.refused']);
  await partner.start();
  await eventually(async () => (await call()) === '200 partner');

  await forgetPins(rig.state);
  expect(await call()).toMatch(refused);
});

test('the pin of an authority holds for each call: what another one under the same root signed gets none', async () => {
  const rig = await makeRig();
  const own = await issue(rig);
  const elsewhere = await openAuthority(join(rig.folder, 'elsewhere'), 'Other CA', new Date());
  const other = await elsewhere.issue(['partner.example'], 30, new Date());
  const [, issuing = ''] = own.certificate
    .split(/(?=-----BEGIN CERTIFICATE-----)/)
    .filter((text) => text.trim());
  expect(new X509Certificate(issuing).ca).toBe(true);
  // Both are trusted, and one is pinned: of the one root what signs below it.
  await rig.write('trusted.pem', `${rig.theirs.root}${issuing}${elsewhere.root}`);
  const partner = await startPartner(rig, own);
  await rig.apply(yaml(rig, [keyOf(issuing)]));
  expect(await call()).toBe('200 partner');
  // Nobody looks meanwhile.
  partner.show(other);
  expect(await call()).toMatch(/^502 \{"error":"unreachable"/);
  partner.show(own);
  expect(await call()).toBe('200 partner');
});

test('only where every pin is of an authority in the file can it be trusted alone', async () => {
  const rig = await makeRig();
  const { certificate } = await issue(rig);
  const { root } = rig.theirs;
  expect(pinnedAuthorities(root, [keyOf(root)])).toMatch(/^-----BEGIN TRUSTED CERTIFICATE-----\n/);
  expect(pinnedAuthorities(`${root}${certificate}`, [keyOf(certificate)])).toBeUndefined();
  expect(pinnedAuthorities(root, [keyOf(root), keyOf(certificate)])).toBeUndefined();
  expect(pinnedAuthorities(root, [])).toBeUndefined();
});
