import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ofWaf } from './bans/offences.ts';
import { parseBan } from './bans/records.ts';
import { followFile } from './follow-file.ts';

const found = (rule: number, data: string) => ({
  message: 'x',
  details: { ruleId: `${rule}`, data, match: '', severity: '2', file: 'x.conf', tags: [] },
});
const transaction = (messages: readonly object[]) =>
  JSON.stringify({
    transaction: {
      ...{ client_ip: '192.0.2.7', time_stamp: 'Thu Nov 26 04:38:44 2026', unique_id: 'a1' },
      request: { method: 'POST', uri: '/' },
      response: { http_code: 481 },
      producer: { secrules_engine: 'Enabled' },
      messages: [...messages, found(10_009, 'erp block 900 5 0 4')],
    },
  });

test('a blocked request counts however long its line is, and those after it too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-follow-'));
  const path = join(folder, 'waf.log');
  await writeFile(path, '');
  const file = followFile(path, 'beginning');
  const long = transaction(Array.from({ length: 5000 }, () => found(941_100, 'x'.repeat(2000))));
  expect(long.length).toBeGreaterThan(9 << 20);
  await appendFile(path, `${long}\n${transaction([])}\n`);
  const offences = [];
  for (let n = 0; n < 5; n++) offences.push(...(await file.lines()).flatMap((line) => ofWaf(line) ?? []));
  await file.close();
  await rm(folder, { recursive: true });
  expect(offences).toMatchObject([
    { kind: 'waf', address: '192.0.2.7' },
    { kind: 'waf', address: '192.0.2.7' },
  ]);
});

test('what another gateway tells is taken of networks alone', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const told = (network: string) =>
    parseBan(
      JSON.stringify({
        ...{ network, kind: 'hand', at, by: 'x', reason: 'x', gateway: 'gw', before: 0, offences: [] },
      }),
    );
  expect(told('192.0.2.7/32')?.network).toBe('192.0.2.7/32');
  for (const network of ['192.0.2.7/32 9\nport 443', '../../x', '192.0.2.7', '192.0.2.7/24', ''])
    expect(told(network)).toBeUndefined();
});
