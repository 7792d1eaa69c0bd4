import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { PackageChange, RebootReason, UpdateReport } from '../../model/upkeep.ts';
import { type Rows, textIn } from '../rows.ts';

/** What `update.sh` told. */
export function reportOf(rows: Rows): UpdateReport {
  const names = (kind: string) => rows.of(kind).flatMap(([name]) => name ?? []);
  return {
    packages: rows.of('package').flatMap(packageOf),
    kept: rows.of('kept').flatMap(([name, why]) => {
      const known = why === 'hold' || why === 'removal' ? why : 'other';
      return name ? [{ name, why: known } as const] : [];
    }),
    refused: names('refused'),
    conffiles: names('conffile'),
    unfinished: names('unfinished'),
    interrupted: rows.of('interrupted').length > 0,
    repaired: rows.of('repaired').length > 0,
    ...stateOf(rows),
  };
}

/** How a host is, in this boot. */
export interface HostState {
  readonly reboot: readonly RebootReason[];
  readonly units: readonly string[];
}

export function stateOf(rows: Rows): HostState {
  return {
    reboot: rows.of('reboot').flatMap(([why, what = '']) => {
      return why === 'required' || why === 'kernel' || why === 'libraries' ? [{ why, what }] : [];
    }),
    units: rows.of('unit').flatMap(([name]) => name ?? []),
  };
}

function packageOf([name = '', from = '', to = '', security = '']: readonly string[]): PackageChange[] {
  if (name === '') return [];
  return [
    {
      name,
      ...(from === '' ? {} : { from }),
      ...(to === '' ? {} : { to }),
      security: security === 'security',
    },
  ];
}

const faults = {
  none: 'update.none',
  lists: 'update.lists',
  broken: 'update.broken',
  packages: 'update.packages',
  full: 'update.full',
  locked: 'update.locked',
} as const;

/** What went wrong there, if something did. */
export function updateFault(host: string, rows: Rows): Fault | undefined {
  const [row] = rows.of('fault');
  if (!row) return undefined;
  const [what = '', said] = row;
  const code = Object.hasOwn(faults, what) ? faults[what as keyof typeof faults] : 'update.packages';
  const packages = rows.of('unfinished').flatMap(([name]) => name ?? []);
  const params = { host, reason: telling(textIn(said)), packages: packages.join(', ') || '–' };
  return new Fault(code, params, { next: message(`${code}.next`, params) });
}

/** The line of apt's words that says most. */
function telling(said: string): string {
  // What dpkg has against a package stands in the next line.
  const lines = said
    .replace(/^(dpkg: error .*:)\n +/gm, '$1 ')
    .split('\n')
    .map((line) => line.trim());
  const last = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).at(-1);
  return (
    last(/No space left|enough free space/) ??
    last(/^[EW]: Failed to fetch/) ??
    last(/^dpkg: error/) ??
    last(/^E: /) ??
    lines.at(-1) ??
    ''
  );
}
