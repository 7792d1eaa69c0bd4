import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { castEvent, castHeader, castWriter } from './asciicast.ts';
import { encodeFrame, frameReader, longestFrame } from './frames.ts';
import type { Transfer } from './protocol.ts';
import { sshdRefusal } from './refusals.ts';
import { watchSftp } from './sftp.ts';

/** Bytes in pieces, cut anywhere. */
function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  );
}

describe('frames', () => {
  test('come out as they went in, however the bytes are cut', () => {
    const body = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(body), fc.integer({ min: 1, max: 64 }), (bodies, size) => {
        const read = frameReader();
        const sent = Buffer.concat(bodies.map((each) => encodeFrame('output', each)));
        const got = pieces(sent, size).flatMap((piece) => read(piece));
        expect(got.map((frame) => [...frame.body])).toEqual(bodies.map((each) => [...each]));
      }),
    );
  });

  test('what is none is refused', () => {
    expect(() => frameReader()(Buffer.from([99, 0, 0, 0, 0]))).toThrow(RangeError);
    const long = Buffer.alloc(5);
    long.writeUInt32BE(longestFrame + 1, 1);
    expect(() => frameReader()(long)).toThrow(RangeError);
  });
});

describe('recordings', () => {
  test('hold text in whole characters, and the moments of it', () => {
    const cast = castWriter();
    const [first, second] = pieces(Buffer.from('né'), 2);
    const lines = [
      cast.shown(0.5, 'output', first as Buffer),
      cast.shown(1, 'output', second as Buffer),
      cast.resized(1.25, { columns: 100, rows: 30 }),
    ];
    expect(lines.map((line) => castEvent(line))).toEqual([
      { time: 0.5, kind: 'o', data: 'n' },
      { time: 1, kind: 'o', data: 'é' },
      { time: 1.25, kind: 'r', data: '100x30' },
    ]);
    expect(castEvent('[1.5,"o","cut o')).toBeUndefined();
    const header = castHeader({ columns: 80, rows: 24, timestamp: 7, title: 'x', terminal: 'xterm' });
    expect(JSON.parse(header)).toEqual({
      ...{ version: 2, width: 80, height: 24, timestamp: 7, title: 'x', env: { TERM: 'xterm' } },
    });
  });
});

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const str = (value: string | Buffer) => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
const packet = (type: number, ...fields: readonly Buffer[]) => {
  const body = Buffer.concat([Buffer.from([type]), ...fields]);
  return Buffer.concat([u32(body.length), body]);
};

/** What is told of requests and answers that pass in turn, cut into small pieces. */
function watched(...turns: readonly (readonly ['request' | 'answer', Buffer])[]): Transfer[] {
  const told: Transfer[] = [];
  const watch = watchSftp((transfer) => told.push(transfer));
  for (const [way, bytes] of turns) for (const piece of pieces(bytes, 7)) watch[way](piece);
  watch.end();
  return told;
}

describe('sftp', () => {
  const opened = (flags: number, path = '/tmp/f') =>
    [
      ['request', packet(1, u32(3))],
      ['answer', packet(2, u32(3))],
      ['request', packet(3, u32(1), str(path), u32(flags), u32(0))],
      ['answer', packet(102, u32(1), str('H'))],
    ] as const;
  const offset = Buffer.alloc(8);

  test('a file that is written counts what the machine took of it', () => {
    const write = (id: number) => packet(6, u32(id), str('H'), offset, str(Buffer.alloc(1000)));
    expect(
      watched(
        ...opened(0x1a),
        ['request', write(2)],
        ['request', write(3)],
        ['answer', packet(101, u32(2), u32(0))],
        ['answer', packet(101, u32(3), u32(4))],
        ['request', packet(4, u32(4), str('H'))],
        ['answer', packet(101, u32(4), u32(0))],
      ),
    ).toEqual([{ action: 'put', path: '/tmp/f', bytes: 1000, result: 'done' }]);
  });

  test('a file that is read, and one that is still open at the end', () => {
    const read = ['request', packet(5, u32(2), str('H'), offset, u32(32768))] as const;
    const data = ['answer', packet(103, u32(2), str(Buffer.alloc(99)))] as const;
    expect(watched(...opened(1, '/é'), read, data)).toEqual([
      { action: 'get', path: '/é', bytes: 99, result: 'unfinished' },
    ]);
  });

  test('what is refused is told too, and what is renamed, removed, linked', () => {
    const done = (id: number, code = 0) => ['answer', packet(101, u32(id), u32(code))] as const;
    expect(
      watched(
        ['request', packet(3, u32(1), str('/etc/shadow'), u32(1), u32(0))],
        done(1, 3),
        ['request', packet(18, u32(2), str('a'), str('b'))],
        done(2),
        ['request', packet(200, u32(3), str('posix-rename@openssh.com'), str('c'), str('d'))],
        done(3),
        ['request', packet(13, u32(4), str('e'))],
        done(4, 4),
        ['request', packet(20, u32(5), str('target'), str('link'))],
        done(5),
        ['request', packet(14, u32(6), str('folder'))],
      ),
    ).toEqual([
      { action: 'get', path: '/etc/shadow', bytes: 0, result: 'failed' },
      { action: 'rename', path: 'a', to: 'b', result: 'done' },
      { action: 'rename', path: 'c', to: 'd', result: 'done' },
      { action: 'remove', path: 'e', result: 'failed' },
      { action: 'link', path: 'link', to: 'target', result: 'done' },
      { action: 'mkdir', path: 'folder', result: 'unfinished' },
    ]);
  });

  test('a number that still waits for its answer is not taken again: the log would tell of another file', () => {
    const open = (path: string) => packet(3, u32(1), str(path), u32(1), u32(0));
    const stat = packet(17, u32(1), str('/nothing'));
    expect(() => watched(['request', open('/secret')], ['request', open('/harmless')])).toThrow(RangeError);
    expect(() => watched(['request', stat], ['request', open('/secret')])).toThrow(RangeError);
    const failed = packet(101, u32(1), u32(2));
    expect(
      watched(['request', stat], ['answer', failed], ['request', open('/a')], ['answer', failed]),
    ).toEqual([{ action: 'get', path: '/a', bytes: 0, result: 'failed' }]);
  });

  test('what is no SFTP is refused, and never throws anything else', () => {
    expect(() => watched(['request', Buffer.from('GET / HTTP/1.1\r\n\r\n')])).toThrow(RangeError);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (bodies) => {
        const bytes = Buffer.concat(
          bodies.filter((body) => body.length > 0).map((body) => Buffer.concat([u32(body.length), body])),
        );
        try {
          watched(['request', bytes], ['answer', bytes]);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe('what sshd refuses by itself', () => {
  const said = (MESSAGE: string, unit = 'ssh.service') =>
    sshdRefusal(JSON.stringify({ MESSAGE, _UID: '991', _SYSTEMD_UNIT: unit }));
  const inner = 'poterne-ssh@6-127.83.117.15:22022-10.40.0.2:53690.service';
  const place = { stands: '127.83.117.15', connection: '10.40.0.2 53690' };

  test('a place that is not theirs, as OpenSSH 9 and 10 say it', () => {
    expect(said('Received request to connect to host prod2 port 22, but the request was denied.')).toEqual({
      ...{ kind: 'forward', uid: '991', to: 'prod2:22' },
    });
    const ten =
      'Received request from 10.0.0.9 port 47068 to connect to host prod1 port 80, but the request was denied.';
    const forward = { kind: 'forward', uid: '991', to: 'prod1:80', from: '10.0.0.9' };
    expect(said(ten)).toEqual(forward);
    // journald looks for the unit of a process that may have gone.
    expect(sshdRefusal(JSON.stringify({ MESSAGE: ten, _UID: '991' }))).toEqual(forward);
  });

  test('an account that nobody may be, and a proof that is not believed, for the machine', () => {
    expect(said('Invalid user x y from 10.40.0.2 port 53690', inner)).toEqual({
      ...{ kind: 'account', account: 'x y', ...place },
    });
    expect(said('Connection closed by authenticating user debian 10.40.0.2 port 1 [preauth]', inner)).toEqual(
      {
        ...{ kind: 'proof', account: 'debian', ...place },
      },
    );
  });

  test('nothing else', () => {
    expect(said('Invalid user x from 10.40.0.2 port 53690')).toBeUndefined();
    expect(said('Accepted publickey for debian from 10.40.0.2 port 1 ssh2', inner)).toBeUndefined();
    expect(sshdRefusal('{"MESSAGE":[1,2],"_UID":"1","_SYSTEMD_UNIT":"x"}')).toBeUndefined();
    expect(sshdRefusal('no JSON')).toBeUndefined();
  });
});
