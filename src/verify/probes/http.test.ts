import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import type { ProbeOf } from '../probe.ts';
import { door, http, https, mute, probe, tcp, tls } from '../testing/servers.ts';

/** A TLS server that answers every request with these bytes, then closes. */
const raw = (bytes: string) => tls((socket) => socket.once('data', () => socket.end(bytes)));
/** One that writes them for ever. */
const endless = (start: string, more: string) =>
  tls((socket) => {
    socket.write(start);
    const write = () => {
      while (!socket.destroyed && socket.write(more.repeat(100)));
    };
    socket.on('drain', write);
    write();
  });

describe('redirects', () => {
  const to = 'https://app.localhost:8443/a?b=c';
  const ask = (port: number, timeout = 10_000) =>
    probe({ kind: 'redirects', door: door(port), path: '/a?b=c', to }, { timeout });

  test('to exactly this URL, asked under the name with its port', async () => {
    let host = '';
    const port = await http((request, response) => {
      host = request.headers.host ?? '';
      response.writeHead(308, { location: `https://app.localhost:8443${request.url}` }).end();
    });
    expect(await ask(port)).toEqual({
      held: true,
      seen: { code: 'seen.redirects.held', params: { status: 308, to } },
    });
    expect(host).toBe(`app.localhost:${port}`);
  });

  test('elsewhere, not at all, or without a destination', async () => {
    const elsewhere = await http((_, response) => response.writeHead(301, { location: 'http://x/' }).end());
    expect(await ask(elsewhere)).toMatchObject({
      held: false,
      seen: { code: 'seen.redirects.elsewhere', params: { location: 'http://x/' } },
    });
    const content = await http((_, response) => response.end('Hello'));
    expect(await ask(content)).toMatchObject({
      held: false,
      seen: { code: 'seen.redirects.none', params: { status: 200 } },
      excerpt: expect.stringContaining('Hello'),
    });
    const nowhere = await http((_, response) => response.writeHead(301).end());
    expect(await ask(nowhere)).toMatchObject({ held: false, seen: { code: 'seen.redirects.none' } });
    const dead = await http((_, response) => response.writeHead(502).end());
    expect(await ask(dead)).toMatchObject({ held: false, seen: { code: 'seen.gateway.bad' } });
  });

  test('no answer, no HTTP, nobody', async () => {
    const code = async (port: number) => (await ask(port, 1000)).seen.code;
    expect(await code(await mute())).toBe('seen.timeout.response');
    expect(await code(await tcp((s) => s.once('data', () => s.end())))).toBe('seen.http.closed');
    expect(await code(await tcp((s) => s.end('\u0016\u0003\u0001 junk')))).toBe('seen.http.garbage');
    expect(await code(await freePort())).toBe('seen.refused');
  });
});

describe('answers', () => {
  const ask = (port: number, more: Partial<ProbeOf<'answers'>> = {}, timeout = 10_000) =>
    probe({ kind: 'answers', door: door(port), path: '/login', ...more }, { timeout });
  const status = (code: number, headers: Record<string, string> = {}) =>
    https((_, response) => response.writeHead(code, headers).end(`page ${code}`));

  test('any answer of the application, when no status is promised', async () => {
    for (const code of [200, 302, 401, 403, 404, 500])
      expect(await ask(await status(code))).toEqual({
        held: true,
        seen: { code: 'seen.answers.held', params: { status: code } },
      });
  });

  test.each([
    [502, 'seen.gateway.bad'],
    [503, 'seen.gateway.unavailable'],
    [504, 'seen.gateway.late'],
  ])('%i is the gateway’s own', async (code, seen) => {
    for (const wanted of [{}, { status: 200 }])
      expect(await ask(await status(code), wanted)).toMatchObject({
        held: false,
        seen: { code: seen },
        excerpt: expect.stringContaining(`page ${code}`),
      });
    expect(await ask(await status(code), { status: code })).toMatchObject({ held: true });
  });

  test('status, content and headers', async () => {
    const port = await https((request, response) => {
      response.setHeader('X-Team', 'DSI').end(`${request.url} of ${request.headers.host}`);
    });
    expect(
      await ask(port, {
        status: 200,
        contains: `/login of app.localhost:${port}`,
        headers: { 'x-team': 'DSI' },
      }),
    ).toMatchObject({ held: true, seen: { code: 'seen.answers.content' } });
    expect(await ask(port, { status: 204 })).toMatchObject({
      held: false,
      seen: { code: 'seen.status.other', params: { status: 200, wanted: 204 } },
    });
    expect(await ask(port, { contains: 'Open-Prod' })).toMatchObject({
      held: false,
      seen: { code: 'seen.answers.lacks' },
      excerpt: expect.stringContaining('/login of app'),
    });
    expect(await ask(port, { headers: { 'X-Team': 'RH' } })).toMatchObject({
      held: false,
      seen: { code: 'seen.answers.header', params: { name: 'X-Team', value: 'DSI', wanted: 'RH' } },
    });
    expect(await ask(port, { headers: { 'X-Frame-Options': 'DENY' } })).toMatchObject({
      held: false,
      seen: { code: 'seen.answers.header-missing' },
    });
  });

  test('headers promised alone stand on every answer, whatever else is wrong with it', async () => {
    const promised = { headers: { 'X-Team': 'DSI' } };
    for (const code of [200, 403, 502])
      expect(await ask(await status(code, { 'X-Team': 'DSI' }), promised)).toMatchObject({
        held: true,
        seen: { code: 'seen.answers.headers' },
      });
    expect(await ask(await status(502), promised)).toMatchObject({
      held: false,
      seen: { code: 'seen.answers.header-missing' },
    });
  });

  test('a header sent twice is not the one promised', async () => {
    const port = await https((_, response) => response.setHeader('X-Frame-Options', ['DENY', 'DENY']).end());
    expect(await ask(port, { headers: { 'X-Frame-Options': 'DENY' } })).toMatchObject({
      held: false,
      seen: { code: 'seen.answers.header', params: { value: 'DENY, DENY' } },
    });
  });

  test('a redirect is told without its query', async () => {
    const port = await status(302, { location: 'https://sso.example/?code=s3cret' });
    const outcome = await ask(port, { status: 200 });
    expect(outcome).toMatchObject({ seen: { code: 'seen.status.redirect', params: { status: 302 } } });
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
  });

  test('some networks are let in', async () => {
    const [here, away] = [['127.0.0.0/8', '::1/128'], ['10.0.0.0/8']];
    const open = await status(200);
    const shut = await status(403);
    const dead = await status(502);
    const seen = async (port: number, from: readonly string[], more = {}) => {
      const outcome = await ask(port, { from, ...more });
      return `${outcome.held} ${outcome.seen.code}`;
    };
    expect(await seen(open, here, { status: 200 })).toBe('true seen.answers.held');
    expect(await seen(shut, here)).toBe('false seen.inside.refused');
    expect(await seen(shut, here, { status: 200 })).toBe('false seen.inside.refused');
    expect(await seen(shut, here, { status: 403 })).toBe('true seen.answers.held');
    expect(await seen(shut, away, { status: 200 })).toBe('true seen.outside.refused');
    expect(await seen(open, away, { status: 200 })).toBe('false seen.outside.let-in');
    expect(await seen(dead, away)).toBe('false seen.gateway.bad');
    expect(await seen(open, [])).toBe('false seen.outside.let-in');
    expect(await seen(open, ['nonsense'])).toBe('false seen.unexpected');
  });

  test('the certificate is not judged here', async () => {
    const port = await status(200);
    const other = { vantage: { name: 'here', address: '127.0.0.1' }, authorities: [] };
    expect(
      await probe({ kind: 'answers', door: door(port, { name: 'wrong.example' }), path: '/' }, other),
    ).toMatchObject({ held: true });
  });

  test('through a door that wants a PROXY header', async () => {
    const answer = Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 ');
    const inner = await status(200);
    const port = await tcp((socket) => {
      socket.once('data', (data) => {
        if (!data.subarray(0, answer.length).equals(answer)) return socket.destroy();
        const behind = connect(inner, '127.0.0.1');
        behind.on('error', () => socket.destroy());
        behind.write(data.subarray(data.indexOf('\r\n') + 2));
        socket.pipe(behind).pipe(socket);
      });
    });
    const probeDoor = door(port, { proxyProtocol: true });
    expect(await probe({ kind: 'answers', door: probeDoor, path: '/' })).toMatchObject({ held: true });
    expect(await ask(port)).toMatchObject({ held: false });
  });

  test('silence at every step ends with the time limit', async () => {
    const code = async (port: number, contains?: string) =>
      (await ask(port, contains === undefined ? {} : { contains }, 200)).seen.code;
    expect(await code(await mute())).toBe('seen.timeout.tls');
    expect(await code(await tls((socket) => socket.resume()))).toBe('seen.timeout.response');
    const half = await https((_, response) => response.writeHead(200).write('half'));
    expect(await code(half, 'whole')).toBe('seen.timeout.body');
    expect(await code(half, 'half')).toBe('seen.answers.content');
    expect(await code(half)).toBe('seen.answers.held');
  });

  test('an application that hangs in an error page is still told by its status', async () => {
    const port = await https((_, response) => response.writeHead(500).write('oops'));
    expect(await ask(port, { status: 200 }, 3000)).toMatchObject({
      seen: { code: 'seen.status.other', params: { status: 500 } },
      excerpt: expect.stringContaining('oops'),
    });
  });

  test('hostile servers', async () => {
    const code = async (port: number) => (await ask(port, { contains: 'x' }, 2000)).seen.code;
    expect(await code(await endless('HTTP/1.1 200 OK\r\n', 'A: b\r\n'))).toBe('seen.http.overflow');
    expect(await code(await endless('HTTP/1.1 200 OK\r\n\r\n', 'body '))).toBe('seen.answers.long');
    expect(await code(await endless('', '\u0000\u0001\u00ff'))).toBe('seen.http.garbage');
    expect(await code(await raw('SSH-2.0-x\r\n'))).toBe('seen.http.garbage');
    expect(await code(await raw(''))).toBe('seen.http.closed');
    expect(await code(await raw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort'))).toBe('seen.http.cut');
    expect(await code(await raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'))).toMatch(
      /^seen\.http\.(cut|garbage)$/,
    );
    expect(
      await code(await raw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')),
    ).toMatch(/^seen\./);
  });

  test('excerpts do not drive the terminal', async () => {
    const port = await https((_, response) => {
      response
        .setHeader('Set-Cookie', 'sid=s3cret')
        .end('\u001b[2Jbye \u202Eevil <input name="csrf_token" value="s3cret">');
    });
    const { excerpt = '' } = await ask(port, { contains: 'Open-Prod' });
    expect(excerpt).toContain('·[2Jbye ·evil');
    expect(excerpt).not.toContain('s3cret');
  });
});

describe('streams', () => {
  const ask = (port: number, more: Partial<ProbeOf<'streams'>> = {}, timeout = 10_000) =>
    probe({ kind: 'streams', door: door(port), path: '/events', ...more }, { timeout });
  const events = (write: (send: (text: string) => void, end: () => void) => void) =>
    https((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).flushHeaders();
      write(
        (text) => response.write(text),
        () => response.end(),
      );
    });

  test('an event comes while the stream is open, after a comment and in pieces', async () => {
    const port = await events((send) => {
      send(': warm\n\nid: 1\nda');
      setTimeout(send, 20, 'ta: hello\n\n');
    });
    expect(await ask(port)).toMatchObject({ held: true, seen: { code: 'seen.streams.held' } });
  });

  test('no event in time: nothing at all, or comments only', async () => {
    expect((await ask(await events(() => {}), {}, 1000)).seen).toEqual({
      code: 'seen.streams.none',
      params: { seconds: 1 },
    });
    const held = await tls((socket) => socket.resume());
    expect((await ask(held, {}, 1000)).seen.code).toBe('seen.streams.silent');
    const warm = await events((send) => send(': warm\n\nevent: x\n'));
    expect((await ask(warm, {}, 1000)).seen.code).toBe('seen.streams.none');
  });

  test('held back until the end, or never sent', async () => {
    const buffered = await events((send, end) => {
      setTimeout(() => {
        send('data: late\n\n');
        end();
      }, 100);
    });
    expect(await ask(buffered)).toMatchObject({
      held: false,
      seen: { code: 'seen.streams.late' },
      excerpt: expect.stringContaining('data: late'),
    });
    const ended = await events((_, end) => end());
    expect(await ask(ended)).toMatchObject({ held: false, seen: { code: 'seen.streams.ended' } });
  });

  test('another content, another status, another answer', async () => {
    const page = await https((_, response) => response.setHeader('content-type', 'text/html').end('login'));
    expect(await ask(page)).toMatchObject({
      held: false,
      seen: { code: 'seen.streams.type', params: { type: 'text/html' } },
      excerpt: expect.stringContaining('login'),
    });
    const code = async (status: number, headers = {}) => {
      const port = await https((_, response) => response.writeHead(status, headers).end());
      return (await ask(port)).seen.code;
    };
    expect(await code(404)).toBe('seen.status.other');
    expect(await code(302, { location: '/login' })).toBe('seen.status.redirect');
    expect(await code(502)).toBe('seen.gateway.bad');
    const flood = await endless('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n', ': noise\n');
    expect((await ask(flood)).seen.code).toBe('seen.streams.flood');
    expect((await ask(await raw(''))).seen.code).toBe('seen.http.closed');
    expect((await ask(await mute(), {}, 1000)).seen.code).toBe('seen.timeout.tls');
  });

  test('from elsewhere, 403 is the promise', async () => {
    const shut = await https((_, response) => response.writeHead(403).end());
    const open = await events((send) => send('data: x\n\n'));
    expect(await ask(shut, { from: ['10.0.0.0/8'] })).toMatchObject({
      held: true,
      seen: { code: 'seen.outside.refused' },
    });
    expect(await ask(open, { from: ['10.0.0.0/8'] })).toMatchObject({
      held: false,
      seen: { code: 'seen.outside.let-in' },
    });
    expect(await ask(shut, { from: ['127.0.0.0/8'] })).toMatchObject({
      held: false,
      seen: { code: 'seen.inside.refused' },
    });
    expect(await ask(open, { from: ['127.0.0.0/8'] })).toMatchObject({ held: true });
  });
});

describe('refuses-host', () => {
  const ask = (port: number, scheme: 'http' | 'https', timeout = 10_000) =>
    probe({ kind: 'refuses-host', door: door(port), scheme, host: 'evil.invalid' }, { timeout });

  test.each(['http', 'https'] as const)('over %s: closed, or refused without content', async (scheme) => {
    const serve = scheme === 'http' ? http : https;
    let host = '';
    const closes = await serve((request) => {
      host = request.headers.host ?? '';
      request.socket.destroy();
    });
    expect(await ask(closes, scheme)).toMatchObject({ held: true, seen: { code: 'seen.host.closed' } });
    expect(host).toBe('evil.invalid');
    const misdirected = await serve((_, response) => response.writeHead(421).end('Misdirected'));
    expect(await ask(misdirected, scheme)).toMatchObject({
      held: true,
      seen: { code: 'seen.host.refused', params: { status: 421 } },
    });
    const empty = await serve((_, response) => response.writeHead(404).end());
    expect(await ask(empty, scheme)).toMatchObject({ held: true, seen: { code: 'seen.host.refused' } });
  });

  test.each(['http', 'https'] as const)('over %s: content is broken', async (scheme) => {
    const serve = scheme === 'http' ? http : https;
    for (const status of [200, 301, 404, 500]) {
      const port = await serve((_, response) => response.writeHead(status).end('secrets of the ERP'));
      expect(await ask(port, scheme)).toMatchObject({
        held: false,
        seen: { code: 'seen.host.answered', params: { status } },
        excerpt: expect.stringContaining('of the ERP'),
      });
    }
  });

  test('silence, other protocols and closed doors prove nothing', async () => {
    const code = async (port: number, scheme: 'http' | 'https') => {
      const outcome = await ask(port, scheme, 1000);
      return `${outcome.held} ${outcome.seen.code}`;
    };
    expect(await code(await mute(), 'http')).toBe('false seen.timeout.response');
    expect(await code(await mute(), 'https')).toBe('false seen.timeout.tls');
    expect(await code(await freePort(), 'http')).toBe('false seen.refused');
    expect(await code(await tcp((s) => s.once('data', () => s.end())), 'https')).toBe(
      'false seen.tls.closed',
    );
    expect(await code(await raw('junk\r\n'), 'https')).toBe('false seen.http.garbage');
    const slow = await http((_, response) => response.writeHead(404, { 'content-length': 9 }).flushHeaders());
    expect(await code(slow, 'http')).toBe('false seen.timeout.body');
  });
});
