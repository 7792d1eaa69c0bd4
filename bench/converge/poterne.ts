/** One pass of Poterne over all hosts: what `bench.ts` measures, a process of its own. */
import { readFile } from 'node:fs/promises';
import { convergeHost } from '../../src/apply/hosts/converge.ts';
import { mapAtMost } from '../../src/lib/pool.ts';
import { bundleOf } from './work.ts';

/** What it is given as JSON, in the file that its argument names. */
export interface Pass {
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  /** For `ssh -F`. */
  readonly config: string;
  readonly atOnce: number;
  readonly when: 'today' | 'yesterday';
}

/** What it prints, as JSON: how many parts ended how. */
export type Outcomes = Readonly<Record<string, number>>;

const { hosts, config, atOnce, when }: Pass = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8'));
const reports = await mapAtMost(hosts, atOnce, (host) =>
  convergeHost({ ...host, user: 'root' }, bundleOf(host.name, when), { settings: { config }, mode: 'apply' }),
);
const outcomes: Record<string, number> = {};
for (const { parts } of reports)
  for (const { outcome } of parts) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
console.log(JSON.stringify(outcomes));
