import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCrsFile } from './format.ts';
import { requestsOf } from './request.ts';
import { readSuite, runCrs } from './run.ts';
import { send } from './send.ts';
import { testCertificate } from './testing.ts';

const none = { cookies: [] };
const first = (yaml: string) => {
  const { tests, mistakes } = parseCrsFile(yaml, 'x/942100.yaml');
  expect(mistakes).toEqual([]);
  const [one] = tests;
  const [stage] = one?.stages ?? [];
  if (!one || !stage) throw new Error('no test');
  return { ...one, ...stage };
};
const wire = (yaml: string, host = 'erp.test') =>
  requestsOf(first(yaml).input, host, none).map((bytes) => bytes.toString('latin1'));

describe('the formats', () => {
  test('CRS 3: stages within stages, the log as a pattern, several statuses', () => {
    const { id, line, input, output } = first(`---
meta: { author: someone, enabled: true, name: 942100.yaml }
tests:
  - test_title: 942100-1
    desc: a quote
    stages:
      - stage:
          input:
            dest_addr: 127.0.0.1
            port: 80
            headers: { Host: localhost, Content-Length: 010 }
            uri: "/?id=1'"
            version: HTTP/1.0
          output:
            status: [403, 400]
            log_contains: id "942100"
`);
    expect({ id, line }).toEqual({ id: '942100-1', line: 4 });
    expect(input.headers).toEqual([
      ['Host', 'localhost'],
      ['Content-Length', '010'],
    ]);
    expect(output.status).toEqual([403, 400]);
    expect(output.matches[0]?.test('[id "942100"]')).toBe(true);
  });

  test('CRS 4: ids, several targets, a body in base64, tests that are numbered', () => {
    const { id, input, output } = first(`
rule_id: 942100
tests:
  - test_id: 7
    stages:
      - input:
          method: POST
          uris: [/a, /b]
          encoded_data: /wA=
          autocomplete_headers: false
        output:
          isolated: true
          log: { expect_ids: [942100], no_expect_ids: [941100], no_match_regex: "(?i)WARNING" }
`);
    expect(id).toBe('942100-7');
    expect(input.uris).toEqual(['/a', '/b']);
    expect(input.data).toEqual(Buffer.from([255, 0]));
    expect(output).toMatchObject({ expectIds: [942_100], noExpectIds: [941_100], isolated: true });
    expect(output.noMatches).toEqual([/WARNING/i]);
  });

  test('what cannot be understood has a place, and the other tests stay', () => {
    const read = parseCrsFile(
      `tests:
  - test_title: a
    stages:
      - input: {}
        output: { status: many }
  - test_title: b
    stages: [{ input: {}, output: { status: 200 } }]
  - test_title: c
    stages:
      - input: {}
        output: { log_contains: "(" }
`,
      'mine.yaml',
    );
    expect(read.tests.map(({ id }) => id)).toEqual(['b']);
    expect(read.mistakes).toEqual([
      { file: 'mine.yaml', line: 5, reason: '"many" is no number' },
      { file: 'mine.yaml', line: 11, reason: expect.stringContaining('Unterminated group') },
    ]);
    expect(parseCrsFile('tests: [', 'cut.yaml').mistakes).toMatchObject([{ file: 'cut.yaml' }]);
    expect(parseCrsFile('meta: { enabled: false }\ntests: [{}, {}]', 'off.yaml').disabled).toBe(2);
  });
});

describe('the bytes', () => {
  const input = (text: string) => `tests: [{ stages: [{ input: ${text}, output: { status: 200 } }] }]`;

  test('headers in order and case, the method as it is, Host alone adapted', () => {
    expect(
      wire(
        input(
          '{ method: "    gEt", uri: "/é", version: "", headers: { x-b: "1", HOST: localhost, x-a: "", x-b: "2" }, stop_magic: true }',
        ),
      ),
    ).toEqual([
      Buffer.from('    gEt /é \r\nx-b: 1\r\nHOST: erp.test\r\nx-a: \r\nx-b: 2\r\n\r\n').toString('latin1'),
    ]);
    // Any other name is what the test is about.
    expect(wire(input('{ headers: { Host: "localhost%00" } }'))[0]).toContain('Host: localhost%00\r\n');
  });

  test('what a client adds is added unless the test forbids it', () => {
    expect(wire(input('{ method: POST, data: "a=1&b=x y" }'))).toEqual([
      'POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\nConnection: close\r\n\r\na=1&b=x+y',
    ]);
    expect(wire(input('{ method: POST, data: "a=1&b=x y", autocomplete_headers: false }'))).toEqual([
      'POST / HTTP/1.1\r\n\r\na=1&b=x y',
    ]);
    // What is encoded already, and what is no form, stays.
    expect(wire(input('{ data: "a=%31 b" }'))[0]).toMatch(/\r\n\r\na=%31 b$/);
    expect(wire(input('{ headers: { Content-Type: text/plain }, data: [a, b=c d] }'))[0]).toMatch(
      /\r\n\r\na\r\nb=c d$/,
    );
  });

  test('raw requests go as they are', () => {
    const raw = Buffer.from(
      'POST / HTTP/1.0\nHost: localhost\r\nX: localhost\n\nHost: localhost\r\n\xff\0',
      'latin1',
    );
    expect(wire(input(`{ encoded_request: "${raw.toString('base64')}" }`))).toEqual([
      'POST / HTTP/1.0\nHost: erp.test\r\nX: localhost\n\nHost: localhost\r\n\xff\0',
    ]);
    expect(wire(input(`{ encoded_request: "${raw.toString('base64')}" }`), 'localhost')).toEqual([
      raw.toString('latin1'),
    ]);
  });
});

describe('over the wire', () => {
  const heard: string[] = [];
  let server: Server;
  let folder: string;
  let answer =
    'HTTP/1.1 200 OK\r\nX-Request-Id: 0123456789abcdef0123456789abcdef\r\nContent-Length: 2\r\n\r\nok';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'poterne-crs-'));
    server = createServer(await testCertificate(), (socket) => {
      socket.on('error', () => {});
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        heard.push(text);
        if (answer) socket.write(answer);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  const door = () => ({
    address: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    name: 'erp.test',
    proxyProtocol: false,
  });

  test('bytes arrive as they were given, and the answer tells by which number the logs know it', async () => {
    const bytes = Buffer.from('GET /\xff\0 HTTP/9.9\r\nX:  \x01\n\r\n', 'latin1');
    const got = await send(door(), bytes, 5000);
    expect(heard.at(-1)).toBe(bytes.toString('latin1'));
    expect(got).toMatchObject({ status: 200, requests: ['0123456789abcdef0123456789abcdef'] });
    expect(got.error).toBeUndefined();
  });

  test('silence and closed doors are no answers', async () => {
    answer = '';
    expect(await send(door(), Buffer.from('GET / HTTP/1.1\r\n'), 300)).toMatchObject({ error: 'ETIMEDOUT' });
    expect(await send({ ...door(), port: 1 }, Buffer.from(''), 300)).toMatchObject({ error: 'ECONNREFUSED' });
  });

  test('verdicts come from the answer and from the log', async () => {
    answer =
      'HTTP/1.1 403 Forbidden\r\nX-Request-Id: 0123456789abcdef0123456789abcdef\r\nContent-Length: 4\r\n\r\nnope';
    const log = join(folder, 'waf.log');
    await writeFile(log, '{"transaction":{"unique_id":"old"}}\n');
    const yaml = (id: string, output: string) => `  - test_title: ${id}
    stages: [{ input: { headers: { Host: localhost } }, output: ${output} }]\n`;
    await writeFile(
      join(folder, 'mine.yaml'),
      `tests:\n${[
        yaml('status', '{ status: 403 }'),
        yaml('other-status', '{ status: [200, 201] }'),
        yaml('content', '{ response_contains: nope }'),
        yaml('other-content', '{ response_contains: yes }'),
        yaml('matched', `{ log_contains: 'id "942100"', log: { expect_ids: [942100] } }`),
        yaml('unmatched', '{ log: { expect_ids: [941100] } }'),
        yaml('unwanted', '{ no_log_contains: id "942100" }'),
        yaml('isolated', '{ isolated: true, log: { expect_ids: [942100] } }'),
        yaml('error', '{ expect_error: true }'),
      ].join('')}`,
    );
    const { tests } = await readSuite(folder);
    const line = (ids: readonly string[]) =>
      `${JSON.stringify({
        transaction: {
          unique_id: '0123456789abcdef0123456789abcdef',
          messages: ids.map((ruleId) => ({ message: 'found', details: { ruleId } })),
        },
      })}\n`;
    let told = false;
    const results = await runCrs(tests, {
      ...{ door: door(), host: 'erp.test', log, patience: 5000, width: 2 },
      // As the engine does: it is there a moment after the answer.
      progress: () => {
        if (!told) void writeFile(log, line(['942100', '949110']), { flag: 'a' });
        told = true;
      },
    });
    expect(Object.fromEntries(results.map(({ test: { id }, failure }) => [id, failure?.reason]))).toEqual({
      ...{ status: undefined, 'other-status': 'status' },
      ...{ content: undefined, 'other-content': 'content' },
      ...{ matched: undefined, unmatched: 'unmatched', unwanted: 'matched', isolated: undefined },
      error: 'answer',
    });
  });
});
