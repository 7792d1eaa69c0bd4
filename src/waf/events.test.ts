import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { wafSummary, wafSummaryData } from '../lib/waf-log.ts';
import { parseWafEvent, readWafEvents, type WafEvent } from './events.ts';
import { foldPath, mask } from './mask.ts';

/** A line as ModSecurity 3.0.9 with CRS 3.3.4 wrote it, with what a test is about in it. */
function written({
  at = 'Thu Nov 26 04:38:44 2026',
  request = '701d97570632d38610268e84fff5bd72',
  uri = '/search/12/x?q=1%27%20or%20%271%27=%271&z=a',
  target = 'ARGS:q',
  value = "1' or '1'='1",
  mode = 'observe',
  status = 200,
}: Record<string, string | number> = {}): string {
  const detail = (ruleId: number, match: string, data: string, severity = '2') => ({
    ...{ match, reference: '', ruleId: String(ruleId), file: '/usr/share/modsecurity-crs/rules/R.conf' },
    ...{ lineNumber: '46', data, severity, ver: '', rev: '', tags: [], maturity: '0', accuracy: '0' },
  });
  const summary = wafSummaryData({
    ...{ publication: 'erp.example.fr', mode: String(mode) },
    ...{ inbound: 5, inboundThreshold: 5, outbound: '', outboundThreshold: 4 },
  });
  return JSON.stringify({
    transaction: {
      ...{ client_ip: '198.51.100.7', time_stamp: at, server_id: '2ce1', client_port: 40432 },
      ...{ host_ip: '127.0.0.1', host_port: 443, unique_id: request },
      request: { method: 'GET', http_version: 1.1, uri },
      response: { http_code: status },
      producer: { modsecurity: 'ModSecurity v3.0.9 (Linux)', secrules_engine: 'Enabled', components: [] },
      messages: [
        {
          message: 'SQL Injection Attack Detected via libinjection',
          details: detail(
            942100,
            'detected SQLi using libinjection.',
            `Matched Data: s&sos found within ${target}: ${value}`,
          ),
        },
        {
          message: 'Inbound Anomaly Score Exceeded (Total Score: 5)',
          details: detail(
            949110,
            "Matched \"Operator `Ge' with parameter `5' against variable `TX:ANOMALY_SCORE' (Value: `5' )",
            '',
          ),
        },
        { message: 'Poterne', details: detail(wafSummary.rule, '', summary, '0') },
      ],
    },
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-waf-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const all = async (file: string, counts = { lines: 0, broken: 0, cut: 0 }) => {
  const events: WafEvent[] = [];
  for await (const event of readWafEvents(file, { counts })) events.push(event);
  return { events, counts };
};

describe('a line of the log', () => {
  test('is an event: what would have been blocked, where, and by which rules', () => {
    expect(parseWafEvent(written())).toEqual({
      at: new Date(2026, 10, 26, 4, 38, 44),
      request: '701d97570632d38610268e84fff5bd72',
      publication: 'erp.example.fr',
      address: '198.51.100.7',
      method: 'GET',
      path: '/search/12/x',
      blocked: false,
      wouldBlock: true,
      score: 5,
      outboundScore: 0,
      matches: [
        {
          rule: 942100,
          target: 'ARGS:q',
          message: 'SQL Injection Attack Detected via libinjection',
          severity: 2,
          value: "9' or '9'='9",
          file: 'R.conf',
        },
      ],
      cut: false,
    });
    expect(parseWafEvent(written({ mode: 'block', status: 403 }))).toMatchObject({
      blocked: true,
      wouldBlock: false,
    });
  });

  test('of another program is none', () => {
    for (const line of ['', '{', 'null', '[]', '{"transaction":null}', '{"transaction":{"client_ip":7}}'])
      expect(parseWafEvent(line)).toBeUndefined();
  });

  test('that a client wrote into drives no terminal and tells no secret', () => {
    const event = parseWafEvent(
      written({ uri: '/a\u001b[31m/\u202e?x', target: 'ARGS:password', value: "hunter2' or 1=1" }),
    );
    expect(JSON.stringify(event)).not.toContain('hunter2');
    expect(JSON.stringify(event)).not.toMatch(/u001b|\u202e/);
    expect(event?.matches[0]?.value).toBe('(15)');
    expect(JSON.stringify(parseWafEvent(written({ target: 'ARGS:a\u001b[2J', value: 'x' })))).not.toContain(
      'u001b',
    );
  });
});

describe('a log', () => {
  test('is read with its rotated files, oldest first; broken lines are counted', async () => {
    const file = join(folder, 'waf.log');
    await writeFile(`${file}.2.gz`, gzipSync(`${written({ request: 'a' })}\n`));
    await writeFile(
      `${file}.1`,
      `${written({ request: 'b' })}\nnot one of ours\n${written().slice(0, 300)}\n`,
    );
    // No line feed yet: nginx was writing.
    await writeFile(file, `${written({ request: 'c' })}\n${written({ request: 'd' })}`);
    await writeFile(`${file}.old`, written({ request: 'e' }));
    const { events, counts } = await all(file);
    expect(events.map(({ request }) => request)).toEqual(['a', 'b', 'c', 'd']);
    expect(counts).toEqual({ lines: 6, broken: 2, cut: 0 });
  });

  test('with a line of megabytes still tells who asked and what came of it', async () => {
    const file = join(folder, 'waf.log');
    const value = '<script>"{\\'.repeat(300_000);
    await writeFile(
      file,
      `${written({ value, mode: 'block', status: 403 })}\n${written({ request: 'after' })}\n`,
    );
    const { events, counts } = await all(file);
    expect(counts).toEqual({ lines: 2, broken: 0, cut: 1 });
    expect(events[0]).toMatchObject({
      ...{ address: '198.51.100.7', publication: 'erp.example.fr', blocked: true, score: 5, matches: [] },
      ...{ request: '701d97570632d38610268e84fff5bd72', cut: true },
    });
    expect(events[1]?.request).toBe('after');
  });

  test('with bytes that are no UTF-8 is read', async () => {
    const file = join(folder, 'waf.log');
    const [before = '', after = ''] = written({ value: '@@' }).split('@@');
    await writeFile(
      file,
      Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xfe]), Buffer.from(after)]),
    );
    const { events } = await all(file);
    expect(events[0]?.matches[0]?.value).toBe('\ufffd\ufffd');
  });
});

describe('what is shown', () => {
  test.each([
    ["l'été d'où; select * from la table", undefined, "x'éxé x'xé; select * from la table"],
    ['alice.dupont@example.fr', 'ARGS:mail', 'xxxxx.xxxxxx@xxxxxxx.xx'],
    ['<script>alert(1)</script>', 'ARGS:q', '<script>alert(9)</script>'],
    ['eyJhbGciOiJI', 'REQUEST_COOKIES:pref', '(12)'],
    ['x', 'ARGS:user_token', '(1)'],
    ['Café 12', 'ARGS:q', 'Xxxé 99'],
  ])('of %s in %s is %s', (value, target, shown) => {
    expect(mask(value, target)).toBe(shown);
  });

  test.each([
    ['/search', '/search'],
    ['/customers/1234/orders/550e8400-e29b-41d4-a716-446655440000', '/customers/:id/orders/:id'],
    ['/reset/q83nfA72ksPZqq0d', '/reset/:id'],
    ['/u/alice@example.fr/', '/u/:id/'],
    ['/static/app-3.2.1.min.js', '/static/app-3.2.1.min.js'],
    ['/v2/articles/deadbeef01', '/v2/articles/:id'],
  ])('of the path %s is %s', (path, shown) => {
    expect(foldPath(path)).toBe(shown);
  });
});
