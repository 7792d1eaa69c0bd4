import { rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { runningMaster, workersOf } from '../../apply/engine-process.ts';
import { megabytesOf } from '../../lib/testing-memory.ts';
import type { Waf } from '../../model/waf.ts';
import nginx from './engine.ts';
import { publication, service, site } from './testing.ts';
import { guarded, signIn } from './testing-gate.ts';
import { openFolder, startGateway, testAuthority } from './testing-gateway.ts';
import { waf } from './testing-waf.ts';

// What a publication with a firewall takes of memory: every location of every server has a list of all rules (ADR 37), and a reload doubles it.

const waiting = { timeout: 60_000, interval: 50 };

const some: Partial<Waf> = {
  skip: ['/static/', '/health', '/img/', '/js/', '/css/'],
  exclusions: [1, 2, 3].map((n) => ({
    ...{ rule: 942100, path: `/search${n}`, target: 'ARGS:q', why: 'known', pointer: '' },
  })),
};

const kinds: Record<string, Partial<Waf>> = {
  plain: {},
  'with skipped paths and exclusions': some,
  'with all there is: people who sign in, answers, paranoia 2 and bans': {
    ...some,
    paranoia: 2,
    responseBody: 100_000,
  },
};

test.each(Object.entries(kinds))(
  '%s: some megabyte at most beyond the first, reloads included',
  async (_, more) => {
    const isAll = more.responseBody !== undefined;
    const all = {
      bans: { never: [], thresholds: {}, pointer: '/bans' },
      signIn: signIn('portal.example.fr'),
    };
    const [few, many] = [2, 50];
    const authority = await testAuthority('memory');
    const issued = await authority.issue(['*.example.fr']);
    const folder = await openFolder();
    const pem = join(folder, 'all.pem');
    await writeFile(pem, issued);
    const megabytes = async (count: number) => {
      const gateway = await startGateway(
        (ports) => ({
          ...site(
            [service('app', 'http://127.0.0.1:9')],
            Array.from({ length: count }, (_, n) =>
              publication(`app${n}.example.fr`, 'app', {
                scenario: 'proxy+waf',
                waf: waf(more),
                tls: { kind: 'files', certificate: pem, key: pem, pointer: '' },
                ...(isAll ? { audience: guarded() } : {}),
              }),
            ),
            ports,
          ),
          ...(isAll ? all : {}),
        }),
        { pem: authority.pem, issue: async () => issued },
      );
      try {
        const master = await vi.waitUntil(() => runningMaster(nginx, gateway.prefix), waiting);
        // As many as there are processors (`worker_processes auto`); helpers come and go beside them.
        const working = async () =>
          (await workersOf(master)).filter(({ title }) => title === 'nginx: worker process');
        const isComplete = async () => (await working()).length === cpus().length;
        await vi.waitUntil(isComplete, waiting);
        for (let reload = 0; reload < 2; reload++) {
          const before = await working();
          process.kill(master.pid, nginx.actions.signals.reload);
          await vi.waitUntil(async () => {
            const now = (await workersOf(master)).map(({ pid }) => pid);
            return before.every(({ pid }) => !now.includes(pid)) && (await isComplete());
          }, waiting);
        }
        return await megabytesOf(
          [master, ...(await workersOf(master))].map(({ pid }) => pid),
          'Pss_Anon',
        );
      } finally {
        await gateway.stop();
      }
    };
    onTestFinished(() => rm(folder, { recursive: true }));
    const each = ((await megabytes(many)) - (await megabytes(few))) / (many - few);
    expect(each).toBeLessThan(isAll ? 1.1 : 0.9);
  },
);
