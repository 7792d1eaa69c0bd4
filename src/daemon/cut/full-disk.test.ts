import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { installation } from '../../hosts/installation.ts';

/** What a daemon does that has no room for a byte: it cuts off, looks again, and has room then. */
const program = (state: string) => `
import { cutOff } from ${JSON.stringify(join(installation, 'src/daemon/cut/cutting.ts'))};
import { markKept } from ${JSON.stringify(join(installation, 'src/daemon/cut/records.ts'))};
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
const state = ${JSON.stringify(state)};
const publications = [{ id: 'erp', name: 'erp.example.fr', match: 'exact', scenario: 'proxy' }];
const site = { name: 's', gateway: { host: 'gateway', listen: [] }, hosts: [], publications };
const target = { kind: 'publication', name: 'erp.example.fr', id: 'erp' };
const nothing = async () => {};
const ground = {
  ...{ state, site, forgetVerdicts: nothing, endSessions: async () => 0, share: nothing, unshare: nothing },
  audit: async () => ({ append: nothing }),
};
const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':']);
const marked = () => readdirSync(state + '/cut/publications');
limit(0);
const cut = { target, at: new Date().toISOString(), by: 'root', reason: 'because', say: true };
const { troubles } = await cutOff(ground, cut);
await markKept(state, publications);
const full = marked();
limit('unlimited');
await markKept(state, publications);
console.log(JSON.stringify({ troubles: troubles.map(({ code }) => code), full, after: marked() }));
`;

test('a full disk keeps nobody from cutting off, and what there was no room for is kept once there is', async () => {
  const state = await mkdtemp(join(tmpdir(), 'poterne-full-'));
  onTestFinished(() => rm(state, { recursive: true, force: true }));
  // A signal that is ignored is an error instead (EFBIG), as a full disk is one (setrlimit(2)).
  const { stdout } = await promisify(execFile)('sh', [
    ...['-c', 'trap "" XFSZ; exec "$@"', 'sh', process.execPath],
    ...['--import', 'tsx', '--input-type=module', '--eval', program(state)],
  ]);
  expect(JSON.parse(stdout)).toEqual({ troubles: ['cut.record'], full: ['erp'], after: ['erp'] });
  const [record = ''] = await readdir(join(state, 'cut/records'));
  expect(JSON.parse(await readFile(join(state, 'cut/records', record), 'utf8'))).toMatchObject({
    target: { id: 'erp' },
    reason: 'because',
  });
  expect(await readFile(join(state, 'cut/said/erp'), 'utf8')).toBe('because');
});
