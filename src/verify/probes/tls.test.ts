import { createSecureContext, type SecureVersion } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import type { TlsVersion } from '../../model/expectation.ts';
import * as x509 from '../../pki/x509.ts';
import { issue, type Pair } from '../testing/pki.ts';
import { door, http, leaf, mute, probe, root, tcp, tls } from '../testing/servers.ts';
import { classify } from '../tls.ts';

describe('certificate', () => {
  const judge = async (
    pair: Pair,
    chain: readonly Pair[] = [],
    more: { name?: string; minDays?: number } = {},
  ) => {
    const cert = [pair, ...chain].map((p) => p.cert).join('');
    const port = await tls(() => {}, { cert, key: pair.key });
    const { name = 'app.localhost', minDays = 21 } = more;
    const at = { vantage: { name: 'here', address: '127.0.0.1' } };
    return probe({ kind: 'certificate', door: door(port, { name }), minDays }, at);
  };

  test('holds, and shows itself', async () => {
    const outcome = await judge(leaf, [root]);
    expect(outcome).toMatchObject({
      held: true,
      seen: { code: 'seen.certificate.held', params: { issuer: 'Test root', days: 89 } },
    });
    expect(outcome.excerpt).toMatch(/names: app\.localhost.*\n.*\n.*\nSHA-256: /);
  });

  test('a wildcard covers one label and no more', async () => {
    expect(await judge(leaf, [], { name: 'one.many.example' })).toMatchObject({ held: true });
    expect(await judge(leaf, [], { name: 'a.b.many.example' })).toMatchObject({
      held: false,
      seen: {
        code: 'seen.certificate.name',
        params: { name: 'a.b.many.example', names: 'app.localhost, *.many.example' },
      },
    });
  });

  test('expired, not yet valid, and soon to expire', async () => {
    const names = ['app.localhost'];
    expect(await judge(await issue({ names, by: root, from: -9, until: -2 }))).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.expired' },
    });
    expect(await judge(await issue({ names, by: root, from: 2, until: 9 }))).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.future' },
    });
    expect(await judge(await issue({ names, by: root, until: 3.5 }))).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.soon', params: { days: 3, minDays: 21 } },
    });
  });

  test('signed by itself, by a stranger, and by an intermediate that is not served', async () => {
    const names = ['app.localhost'];
    expect(await judge(await issue({ names }))).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.self-signed' },
    });
    const stranger = await issue({ common: 'Stranger', authority: true });
    expect(await judge(await issue({ names, by: stranger }), [stranger])).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.untrusted', params: { issuer: 'Stranger' } },
    });
    const middle = await issue({ common: 'Middle', authority: true, by: root });
    const below = await issue({ names, by: middle });
    expect(await judge(below)).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.incomplete', params: { issuer: 'Middle' } },
    });
    expect(await judge(below, [middle])).toMatchObject({ held: true });
  });

  test('an expired intermediate, and an issuer that may not issue', async () => {
    const names = ['app.localhost'];
    const old = await issue({ common: 'Old', authority: true, by: root, from: -9, until: -2 });
    expect(await judge(await issue({ names, by: old }), [old])).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.chain-expired', params: { issuer: 'Old' } },
    });
    const nobody = await issue({ common: 'Nobody', by: root });
    expect(await judge(await issue({ names, by: nobody }), [nobody])).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.chain' },
    });
  });

  test('the system’s roots do not know the test authority', async () => {
    const port = await tls(() => {});
    expect(
      await probe({ kind: 'certificate', door: door(port), minDays: 0 }, { authorities: [] }),
    ).toMatchObject({ held: false, seen: { code: 'seen.certificate.untrusted' } });
  });

  test('Poterne’s own authority vouches for what it issued, and for nothing else', async () => {
    const port = await tls(() => {}, { cert: leaf.cert + root.cert, key: leaf.key });
    const from = { authorities: [], internalAuthorities: [root.cert] };
    const wanted = { kind: 'certificate', door: door(port), minDays: 0 } as const;
    expect(await probe({ ...wanted, internal: true }, from)).toMatchObject({ held: true });
    expect(await probe(wanted, from)).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.untrusted' },
    });
  });

  test('one that is not for servers, and one whose revocation cannot be asked about', async () => {
    const clientOnly = await issue({
      names: ['app.localhost'],
      by: root,
      extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
    });
    expect(await judge(clientOnly, [root])).toMatchObject({
      held: false,
      seen: { code: 'seen.certificate.usage' },
    });
    const listed = async (port: number) =>
      (
        await judge(
          await issue({
            names: ['app.localhost'],
            by: root,
            extensions: [new x509.CRLDistributionPointsExtension([`http://app.localhost:${port}/a.crl`])],
          }),
          [root],
        )
      ).seen.code;
    expect(await listed(await http((_, response) => response.end(Buffer.from('3082010030', 'hex'))))).toBe(
      'seen.certificate.held',
    );
    expect(await listed(await http((_, response) => response.end('<html>')))).toBe('seen.revocation.wrong');
    expect(
      await listed(
        await http((_, response) => {
          response.statusCode = 404;
          response.end('0');
        }),
      ),
    ).toBe('seen.revocation.wrong');
    expect(await listed(await freePort())).toBe('seen.revocation.refused');
    // What cannot be reached from here, others may reach.
    expect(await listed(await mute())).toBe('seen.certificate.held');
  });

  test('an authority that is no certificate does not throw', async () => {
    const port = await tls(() => {});
    expect(
      await probe({ kind: 'certificate', door: door(port), minDays: 0 }, { authorities: ['nonsense'] }),
    ).toMatchObject({ held: false });
  });

  test('no TLS at all, hanging up, and silence', async () => {
    const ask = async (port: number, timeout = 10_000) =>
      (await probe({ kind: 'certificate', door: door(port), minDays: 1 }, { timeout })).seen.code;
    expect(await ask(await tcp((s) => s.end('HTTP/1.1 400 Bad Request\r\n\r\n')))).toBe('seen.tls.not-tls');
    expect(await ask(await tcp((s) => s.destroy()))).toMatch(/^seen\.(tls\.closed|reset)$/);
    expect(await ask(await tcp((s) => s.once('data', () => s.end())))).toBe('seen.tls.closed');
    expect(await ask(await mute(), 1500)).toBe('seen.timeout.tls');
    expect(await ask(await freePort())).toBe('seen.refused');
  });
});

describe('tls-versions', () => {
  const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const ask = async (
    port: number,
    refused: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1'],
    accepted: readonly TlsVersion[] = ['TLSv1.3', 'TLSv1.2'],
    timeout = 10_000,
  ) => probe({ kind: 'tls-versions', door: door(port), refused, accepted }, { timeout });

  test('old versions refused by the server itself, a new one taken', async () => {
    const outcome = await ask(await tls(() => {}));
    expect(outcome).toMatchObject({
      held: true,
      seen: { code: 'seen.versions.held', params: { version: 'TLSv1.3', refused: 'TLSv1, TLSv1.1' } },
    });
    expect(outcome.excerpt).toBe(
      'TLSv1: tlsv1 alert protocol version\nTLSv1.1: tlsv1 alert protocol version\nTLSv1.3: handshake done',
    );
  });

  test.each(['TLSv1', 'TLSv1.1'] satisfies SecureVersion[])('a server that takes %s', async (version) => {
    const port = await tls(() => {}, { ...old, minVersion: version, maxVersion: version });
    expect(await ask(port, [version])).toMatchObject({
      held: false,
      seen: { code: 'seen.versions.taken', params: { version } },
    });
  });

  test('a server that takes no accepted version', async () => {
    const port = await tls(() => {}, { maxVersion: 'TLSv1.2' });
    expect(await ask(port, [], ['TLSv1.3'])).toMatchObject({
      held: false,
      seen: { code: 'seen.versions.none' },
    });
    expect(await ask(port, [], ['TLSv1.3', 'TLSv1.2'])).toMatchObject({
      held: true,
      seen: { code: 'seen.versions.accepted', params: { version: 'TLSv1.2' } },
    });
  });

  test('hanging up is a refusal; silence, refusal of TCP and other protocols are not', async () => {
    const code = async (port: number, timeout?: number) =>
      (await ask(port, undefined, undefined, timeout)).seen.code;
    // Hangs up on everything, so that the refused versions are refused and none is accepted.
    expect(await code(await tcp((s) => s.once('data', () => s.end())))).toBe('seen.versions.none');
    expect(await code(await mute(), 1000)).toBe('seen.timeout.tls');
    expect(await code(await freePort())).toBe('seen.refused');
    expect(await code(await tcp((s) => s.end('SSH-2.0-OpenSSH_9.2\r\n')))).toBe('seen.tls.not-tls');
  });

  test('a version that this OpenSSL cannot offer is no refusal', async () => {
    // What the probe sees when not one byte leaves: the message tells the difference.
    expect(
      classify(Object.assign(new Error('x'), { code: 'ERR_SSL_NO_PROTOCOLS_AVAILABLE' }), true).kind,
    ).toBe('unoffered');
  });
});

describe('refuses-handshake', () => {
  // As nginx does with ssl_reject_handshake: the alert unrecognized_name.
  const strict = () =>
    tls(() => {}, {
      SNICallback: (name, done) =>
        name === 'app.localhost'
          ? done(null, createSecureContext({ cert: leaf.cert, key: leaf.key }))
          : done(new Error('unknown')),
    });
  const alert = (number: number) =>
    tcp((s) => s.once('data', () => s.end(Buffer.from([0x15, 3, 3, 0, 2, 2, number]))));

  test('an unknown name is refused, a known one is not', async () => {
    const port = await strict();
    expect(await probe({ kind: 'refuses-handshake', door: door(port), sni: 'x.invalid' })).toMatchObject({
      held: true,
    });
    expect(await probe({ kind: 'refuses-handshake', door: door(port), sni: 'app.localhost' })).toMatchObject({
      held: false,
      seen: { code: 'seen.handshake.done', params: { names: 'app.localhost, *.many.example' } },
    });
  });

  test('an alert is told by its name', async () => {
    expect(
      await probe({ kind: 'refuses-handshake', door: door(await alert(112)), sni: 'x.invalid' }),
    ).toMatchObject({
      held: true,
      seen: { code: 'seen.handshake.refused', params: { reason: 'tlsv1 unrecognized name' } },
    });
  });

  test('a refusal of the version is not one of the name', async () => {
    expect(
      await probe({ kind: 'refuses-handshake', door: door(await alert(70)), sni: 'x.invalid' }),
    ).toMatchObject({ held: false, seen: { code: 'seen.tls.refused' } });
  });

  test('without a name, none is sent', async () => {
    let named: unknown = 'nothing';
    // With TLS 1.2 the server is done before the client is, and can tell what it saw.
    const port = await tls(
      (socket) => {
        named = (socket as { servername?: unknown }).servername;
      },
      { maxVersion: 'TLSv1.2' },
    );
    expect(await probe({ kind: 'refuses-handshake', door: door(port) })).toMatchObject({
      held: false,
      seen: { code: 'seen.handshake.nameless' },
    });
    expect(named).toBe(false);
  });

  test('hanging up refuses; silence, another protocol and a closed port prove nothing', async () => {
    const ask = async (port: number, timeout = 10_000) =>
      probe({ kind: 'refuses-handshake', door: door(port), sni: 'x.invalid' }, { timeout });
    expect(await ask(await tcp((s) => s.once('data', () => s.end())))).toMatchObject({
      held: true,
      seen: { code: 'seen.handshake.closed' },
    });
    expect(await ask(await mute(), 1000)).toMatchObject({ held: false, seen: { code: 'seen.timeout.tls' } });
    expect(await ask(await freePort())).toMatchObject({ held: false, seen: { code: 'seen.refused' } });
    expect(await ask(await tcp((s) => s.end('220 mail ESMTP\r\n')))).toMatchObject({
      held: false,
      seen: { code: 'seen.tls.not-tls' },
    });
  });
});
