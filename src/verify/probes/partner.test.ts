import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../lib/testing-ports.ts';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issue } from '../testing/pki.ts';
import { door, http, leaf, probe, root, tls } from '../testing/servers.ts';

let folder: string;
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'poterne-probe-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the gateway itself answers. */
const own = (status: number, error: string) =>
  http((_, response) =>
    response.writeHead(status).end(JSON.stringify({ error, message: 'why', request: 'abc' })),
  );
const theirs = (status: number, body = 'partner') =>
  http((_, response) => response.writeHead(status).end(body));

describe('a call', () => {
  const ask = async (port: number, status?: number) => {
    const found = await probe({
      kind: 'partner-answers',
      addresses: ['127.0.0.1'],
      port,
      path: '/api/x',
      ...(status === undefined ? {} : { status }),
    });
    return [found.held, found.seen.code, found.seen.params];
  };

  test('is answered by the partner, whatever it says, or with the status that is promised', async () => {
    expect(await ask(await theirs(404))).toEqual([true, 'seen.partner.answered', { status: 404 }]);
    expect(await ask(await theirs(204), 204)).toEqual([true, 'seen.partner.answered', { status: 204 }]);
    expect(await ask(await theirs(500), 204)).toEqual([
      false,
      'seen.partner.status',
      { status: 500, wanted: 204 },
    ]);
    // A partner's own 502 is an answer of the partner.
    expect((await ask(await theirs(502, '{"error":"x"}')))[1]).toBe('seen.partner.answered');
  });

  test('does not come through when the gateway answers in the partner’s stead, or nobody does', async () => {
    expect(await ask(await own(502, 'unreachable'))).toEqual([
      false,
      'seen.partner.unreachable',
      { status: 502, error: 'unreachable' },
    ]);
    expect(await ask(await own(403, 'caller'))).toEqual([false, 'seen.partner.refused', { error: 'caller' }]);
    expect((await ask(await own(403, 'path'), 403))[0]).toBe(false);
    expect((await ask(await freePort())).slice(0, 2)).toEqual([false, 'seen.refused']);
  });
});

test('a refusal is the gateway’s 403, or no connection; any answer of the partner breaks it', async () => {
  const ask = async (port: number) => {
    const found = await probe({ kind: 'partner-refuses', addresses: ['127.0.0.1'], port, path: '/api/x' });
    return [found.held, found.seen.code];
  };
  expect(await ask(await own(403, 'caller'))).toEqual([true, 'seen.partner.denied']);
  expect(await ask(await freePort())).toEqual([true, 'seen.port.refused']);
  expect(await ask(await theirs(200))).toEqual([false, 'seen.partner.let-in']);
  expect(await ask(await theirs(403))).toEqual([false, 'seen.partner.let-in']);
  // It was asked of the partner, which is not reached: the caller was let through.
  expect(await ask(await own(502, 'unreachable'))).toEqual([false, 'seen.partner.let-in']);
});

describe('a partner’s certificate', () => {
  const pin = createHash('sha256')
    .update(new X509Certificate(leaf.cert).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  const ask = async (port: number, more: { pins?: string[]; name?: string; ca?: string } = {}) => {
    const found = await probe({
      kind: 'partner-certificate',
      door: door(port),
      name: 'app.localhost',
      ca: write('root.pem', root.cert),
      pins: [],
      minDays: 14,
      ...more,
    });
    return [found.held, found.seen.code];
  };
  const server = () => tls((socket) => socket.end());

  test('is trusted, in the name, and one of its keys is pinned', async () => {
    const port = await server();
    expect(await ask(port)).toEqual([true, 'seen.partner.certificate']);
    expect(await ask(port, { pins: [pin] })).toEqual([true, 'seen.partner.certificate']);
    expect(await ask(port, { pins: [pin.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))] })).toEqual([
      false,
      'seen.partner.pin',
    ]);
    expect(await ask(port, { name: 'other.localhost' })).toEqual([false, 'seen.certificate.name']);
    const other = await issue({ common: 'Other root', authority: true });
    expect((await ask(port, { ca: write('other.pem', other.cert) }))[0]).toBe(false);
  });

  test('is shown over TLS 1.2 or later', async () => {
    const old = await tls((socket) => socket.end(), {
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    expect((await ask(old))[0]).toBe(false);
  });
});

test('a client certificate is for clients, and has days left', async () => {
  const usage = (oid: string) => ({ extensions: [new x509.ExtendedKeyUsageExtension([oid])] });
  const ask = async (name: string, wanted: Parameters<typeof issue>[0]) => {
    const { cert } = await issue(wanted);
    const found = await probe({ kind: 'client-certificate', file: write(name, cert), minDays: 14 });
    return [found.held, found.seen.code];
  };
  const client = usage('1.3.6.1.5.5.7.3.2');
  expect(await ask('good', client)).toEqual([true, 'seen.partner.client']);
  expect(await ask('any', {})).toEqual([true, 'seen.partner.client']);
  expect(await ask('server', usage('1.3.6.1.5.5.7.3.1'))).toEqual([false, 'seen.partner.client.purpose']);
  expect(await ask('soon', { ...client, until: 10 })).toEqual([false, 'seen.certificate.soon']);
  expect(await ask('gone', { ...client, from: -9, until: -1 })).toEqual([false, 'seen.certificate.expired']);
  expect(await ask('early', { ...client, from: 1 })).toEqual([false, 'seen.certificate.future']);
  const found = await probe({ kind: 'client-certificate', file: join(folder, 'none'), minDays: 14 });
  expect([found.held, found.seen.code]).toEqual([false, 'seen.partner.client.unreadable']);
});
