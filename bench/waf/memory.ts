/**
 * What a publication with a firewall takes of memory, and how long a reload of many takes: nginx as Poterne writes it for one publication and for
 * `--publications`, plain, then with a skipped path and an exclusion each. Memory is of nginx's master and workers, what they
 * share counted once: as started, after the first reload, and after the last.
 *
 *     npm run bench:waf-memory -- --json [--publications 200] [--reloads 5]
 */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { retired, runningMaster, workersOf } from '../../src/apply/engine-process.ts';
import nginx from '../../src/engines/nginx/engine.ts';
import { megabytesOf } from '../../src/lib/testing-memory.ts';
import { median, round } from '../measure.ts';
import { openSides, serve } from '../proxy/sides.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    publications: { type: 'string', default: '200' },
    reloads: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
});
const many = Number(options.publications);
const port = 27_443;

const signingIn = 'sign-in: { at: portal.example.fr }\npeople: { anna: { name: Anna, groups: [staff] } }';

/** What a publication is besides its service, and what the site has for it. */
const kinds: Record<string, { readonly publication: string; readonly site?: string }> = {
  without: { publication: 'scenario: proxy\n    audience: everyone' },
  plain: { publication: 'scenario: proxy+waf\n    audience: everyone' },
  'without, people sign in': {
    site: signingIn,
    publication: 'scenario: proxy\n    audience: [{ groups: [staff] }]',
  },
  'plain, people sign in': {
    site: signingIn,
    publication: 'scenario: proxy+waf\n    audience: [{ groups: [staff] }]',
  },
  'five skipped paths, three exclusions': {
    publication: `scenario: proxy+waf
    audience: everyone
    waf:
      skip: [/static/, /health, /img/, /js/, /css/]
      exclusions:
${[1, 2, 3].map((n) => `        - { rule: 942100, path: /search${n}, target: "ARGS:q", why: known }`).join('\n')}`,
  },
  'the same with people who sign in, answers, paranoia 2 and bans': {
    site: `${signingIn}\nbans: {}`,
    publication: `scenario: proxy+waf
    audience: [{ groups: [staff] }]
    waf:
      paranoia: 2
      response-body: 100KB
      skip: [/static/, /health, /img/, /js/, /css/]
      exclusions:
${[1, 2, 3].map((n) => `        - { rule: 942100, path: /search${n}, target: "ARGS:q", why: known }`).join('\n')}`,
  },
};

const sides = await openSides();
const folder = dirname(sides.certificate);
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until a condition holds; at most half a minute. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(20)) if (await holds()) return;
  throw new Error('nginx did not get there');
}

async function measure(name: string, count: number, { publication, site = '' }: (typeof kinds)[string]) {
  const [file, state] = [join(folder, `${name}.yaml`), join(folder, name)];
  const each = Array.from(
    { length: count },
    (_, n) => `  app${n}.example.fr:
    service: application
    tls: { certificate: ${sides.certificate}, key: ${sides.key} }
    ${publication}`,
  );
  await writeFile(
    file,
    `site: bench
gateway: { listen: [127.0.0.1], http-port: ${port + 1}, https-port: ${port} }
services:
  application: { url: "http://127.0.0.1:9", healthy: { path: / } }
${site}
publications:
${each.join('\n')}
`,
  );
  const served = await serve(file, state);
  try {
    const master = await runningMaster(nginx, join(state, nginx.name));
    if (!master) throw new Error('nginx does not run');
    const now = async () => megabytesOf([master, ...(await workersOf(master))].map(({ pid }) => pid));
    const started = await now();
    const seconds: number[] = [];
    const after: number[] = [];
    for (let n = 0; n < Number(options.reloads); n++) {
      const old = await workersOf(master);
      const begun = Date.now();
      process.kill(master.pid, nginx.actions.signals.reload);
      // Those of before take no more visitors.
      await until(() => retired(nginx, old));
      seconds.push((Date.now() - begun) / 1000);
      await until(async () =>
        (await workersOf(master)).every(({ pid }) => old.every((one) => one.pid !== pid)),
      );
      after.push(await now());
    }
    return { started, first: after[0] ?? 0, last: after.at(-1) ?? 0, all: after, seconds: median(seconds) };
  } finally {
    await served.stop();
  }
}

try {
  const figures: Record<string, unknown> = {};
  for (const [kind, publication] of Object.entries(kinds)) {
    if (options.only && !kind.includes(options.only)) continue;
    const id = `kind${Object.keys(kinds).indexOf(kind)}`;
    const one = await measure(`${id}-one`, 1, publication);
    const all = await measure(`${id}-many`, many, publication);
    const beyond = (of: 'started' | 'first' | 'last') => round((all[of] - one[of]) / (many - 1), 2);
    figures[kind] = {
      one: [one.started, one.first, one.last].map((each) => round(each, 1)),
      many: [all.started, all.first, all.last].map((each) => round(each, 1)),
      all: all.all.map((each) => round(each, 1)),
      megabytesEach: [beyond('started'), beyond('first'), beyond('last')],
      reloadSeconds: round(all.seconds, 2),
    };
    if (!options.json) console.log(kind, JSON.stringify(figures[kind]));
  }
  if (options.json) console.log(JSON.stringify({ bench: 'waf-memory', publications: many, figures }));
} finally {
  await sides.remove();
}
