/**
 * Describing and planning a site of a thousand publications: seconds and peak memory of the whole process. There is no
 * competitor that does the same, so that no ratio is given.
 *
 *     npm run bench:plan -- [--publications 1000] --json
 */
import { parseArgs } from 'node:util';
import { describe } from '../../src/describe/index.ts';
import { plan } from '../../src/plan/planner.ts';
import { round } from '../measure.ts';
import { manyPublications } from '../sites.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, publications: { type: 'string', default: '1000' } },
});
const text = manyPublications(Number(options.publications));
const begin = performance.now();
const { site, findings } = await describe('site.yaml', {
  files: { read: async () => text, list: async () => [] },
});
if (!site) throw new Error(JSON.stringify(findings.slice(0, 3)));
const described = performance.now();
const planned = plan(site, {
  prefixes: { nginx: '/var/lib/poterne/nginx' },
  versions: { nginx: '1.22.1' },
  addresses: {},
});
const end = performance.now();
console.log(
  JSON.stringify({
    bench: 'plan',
    publications: site.publications.length,
    artefacts: planned.artefacts.length,
    expectations: planned.expectations.length,
    describeSeconds: round((described - begin) / 1000),
    planSeconds: round((end - described) / 1000),
    peakMegabytes: round(process.resourceUsage().maxRSS / 1024, 0),
  }),
);
