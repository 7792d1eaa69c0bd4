import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publication, service, site } from '../../engines/nginx/testing.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from '../../engines/nginx/testing-gateway.ts';
import type { Fault } from '../../model/fault.ts';
import { type Walled, walled } from './log.ts';
import { attacksIn, type Tuned, tune } from './tune.ts';

// A mistake of the firewall, as it stands in the log of a real nginx, and what its exclusion costs, weighed on another.

const attacks = await attacksIn(
  fileURLToPath(new URL('../../waf/samples/attacks-injection.yaml', import.meta.url)),
);
const sentence = "Selon l'article 12, d'où; select * from la table où l'eau n'est pas";

let gateway: RunningGateway;
let app: Backend;
let erp: Walled;

beforeAll(async () => {
  app = await backend('app');
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [
          publication('erp.localhost', 'app', {
            scenario: 'proxy+waf',
            waf: {
              ...{
                mode: 'observe',
                paranoia: 1,
                thresholds: { inbound: 5, outbound: 4 },
                requestBody: 128_000,
              },
              ...{ applications: [], skip: [], exclusions: [], pointer: '/publications/erp.localhost/waf' },
            },
          }),
        ],
        ports,
      ),
    await testAuthority('gateway'),
  );
  [erp] = walled(gateway.site) as [Walled];
});
afterAll(async () => {
  await gateway?.stop();
  app?.close();
});

const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();

async function tuned(path: string, body?: string): Promise<Tuned> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const reply = await gateway.get(
    'erp.localhost',
    path,
    body === undefined ? {} : { method: 'POST', headers, body },
  );
  const reference = String(reply.headers['x-request-id']);
  return tune(gateway.state, gateway.site, erp, { reference }, { attacks });
}

describe('a French sentence that a rule takes for a command', () => {
  test('passes with the narrowest exclusion, and nothing passes beside it', async () => {
    const { contributing, replay, proposals } = await tuned(
      '/clients/17/notes',
      form({ note: sentence, lang: 'fr' }),
    );
    expect(contributing).toMatchObject([{ rule: 932115, target: 'ARGS:note' }]);
    expect(replay).toBe('rebuilt');
    expect(proposals.map(({ kind, exclusions }) => [kind, exclusions])).toEqual([
      ['narrow', [{ rule: 932115, path: '/clients/17/notes', target: 'ARGS:note' }]],
      ['below', [{ rule: 932115, path: '/clients/', target: 'ARGS:note' }]],
      ['rule', [{ rule: 932115, path: '/clients/17/notes' }]],
    ]);
    for (const { mistake, cost, elsewhere } of proposals) {
      expect(mistake).toBe('passes');
      expect(cost).toMatchObject([{ target: 'ARGS:note' }]);
      expect(cost[0]?.refused).toBeGreaterThan(15);
      expect(elsewhere.refused).toBeGreaterThan(15);
      expect(elsewhere.opened).toEqual([]);
    }
  });
});

test('what an exclusion costs is told by the names of the attacks that would pass', async () => {
  const exclusion = { rule: 942100, path: '/search', target: 'ARGS:q' };
  const given = Buffer.from(
    `GET /search?${form({ q: "1' or '1'='1" })} HTTP/1.1\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n`,
  );
  const { proposals, replay } = await tune(
    gateway.state,
    gateway.site,
    erp,
    { exclusion, given },
    { attacks },
  );
  expect(replay).toBe('given');
  expect(proposals).toHaveLength(1);
  expect(proposals[0]).toMatchObject({ mistake: 'passes', elsewhere: { opened: [] } });
  const [cost] = proposals[0]?.cost ?? [];
  expect(cost?.opened).toContain('sqli-quote');
  expect(cost?.opened.length).toBeLessThan(cost?.refused ?? 0);
});

test('the rule that adds up the others is never left out', async () => {
  const exclusion = { rule: 949110, path: '/search', target: 'ARGS:q' };
  await expect(tune(gateway.state, gateway.site, erp, { exclusion }, { attacks })).rejects.toMatchObject({
    code: 'waf.tune.sum',
  });
});

test('a reference that the log does not know, or of another publication, is refused', async () => {
  const reference = '0'.repeat(32);
  await expect(tune(gateway.state, gateway.site, erp, { reference }, { attacks })).rejects.toMatchObject({
    code: 'waf.reference.unknown',
  });
});

test('a rule that is not there, or found nothing, is no mistake: those that did are told', async () => {
  // Something is found, by a rule that is named.
  await tuned('/notes', form({ note: sentence }));
  const asked = (rule: number, given?: Buffer) =>
    tune(
      ...([gateway.state, gateway.site, erp] as const),
      { exclusion: { rule, path: '/search', target: 'ARGS:q' }, ...(given ? { given } : {}) },
      { attacks: [] },
    );
  const given = Buffer.from('GET /search?q=a HTTP/1.1\r\n\r\n');
  for (const [rule, code, some] of [
    [942199, 'waf.tune.rule.unknown', given],
    [942199, 'waf.tune.rule.unknown', undefined],
    [944100, 'waf.tune.rule.unmatched', undefined],
  ] as const) {
    const fault = await asked(rule, some).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code, params: { rule, name: 'erp.localhost' } });
    expect((fault as Fault).next?.params.rules).toMatch(/932115 \(\d+\)/);
  }
});
