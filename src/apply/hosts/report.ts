import { createTwoFilesPatch } from 'diff';
import { harmless } from '../../lib/harmless.ts';
import type { Bundle, BundleFile, Drift, HostChange, PartReport } from '../../model/bundle.ts';
import { type Message, message } from '../../model/message.ts';
import { wordOf } from './manifest.ts';

/** Gathers what a host says, a line at a time, into the report of its parts. */
export interface Listener {
  /** Takes in one line that concerns a part; `false` when it is none. Throws when it says what our script never does. */
  hear(fields: readonly string[]): boolean;
  reports(): readonly PartReport[];
}

interface PartSoFar {
  readonly name: string;
  readonly changes: HostChange[];
  outcome?: PartReport['outcome'];
  complaint?: PartReport['complaint'];
  unfinished?: true;
  armed?: true;
  rolledBack?: string;
}

/** `secrets` are struck out of everything that programs said. */
export function listen(
  bundle: Bundle,
  secrets: readonly string[],
  tell: (message: Message) => void,
): Listener {
  const parts = new Map<string, PartSoFar>();
  const files = new Map(bundle.parts.flatMap((part) => part.files.map((file) => [file.path, file])));
  const strike = (text: string) => secrets.reduce((all, secret) => all.replaceAll(secret, '…'), text);
  const hear = ([verb, index = '', ...rest]: readonly string[]): boolean => {
    if (verb === 'part') parts.set(index, { name: rest[0] ?? '', changes: [] });
    const part = parts.get(index);
    if (!part) return false;
    if (verb === 'change') part.changes.push(changeOf(rest));
    else if (verb === 'drift') addDrift(part, rest, files, strike);
    else if (verb === 'state') addState(part, rest);
    else if (verb === 'begin') tell(message('apply.host.part', { host: bundle.host, part: part.name }));
    else if (verb === 'step')
      tell(message('apply.host.packages', { host: bundle.host, count: rest[1] ?? '' }));
    else if (verb === 'done') part.outcome = oneOf(outcomes, rest[0]);
    else if (verb === 'failed') {
      part.outcome = 'failed';
      part.complaint = complaintOf(rest, strike);
    } else return verb === 'part';
    return true;
  };
  return { hear, reports: () => [...parts.values()].map((part) => reportOf(part, bundle)) };
}

const outcomes = ['unchanged', 'changed', 'unconfirmed'] as const;
const kinds = ['add', 'change', 'remove'] as const;
const things = ['package', 'account', 'folder', 'file', 'unit', 'state'] as const;

function changeOf([kind, what, name = '']: readonly string[]): HostChange {
  return { kind: oneOf(kinds, kind), what: oneOf(things, what), name };
}

/** A host that was broken into may say anything. */
function oneOf<T extends string>(known: readonly T[], said: string | undefined): T {
  const found = known.find((each) => each === said);
  if (found === undefined) throw new Error(`not understood: ${said}`);
  return found;
}

function addDrift(
  part: PartSoFar,
  [path, at, by, present, content]: readonly string[],
  files: ReadonlyMap<string, BundleFile>,
  strike: (text: string) => string,
): void {
  const n = part.changes.findIndex(
    ({ what, name }) => (what === 'file' || what === 'state') && name === path,
  );
  const change = part.changes[n];
  if (!change) return;
  const who = strike(decode(by));
  const others = decode(present).split('\n').filter(Boolean);
  const file = files.get(change.name);
  const drift: Drift = {
    ...(at !== '-' && { at: instant(at) }),
    ...(who !== '' && { by: who.trim() }),
    ...(who === '' && others.length > 0 && { present: others }),
    ...(content?.startsWith('=') && file && diffOf(file, strike(decode(content)))),
    // Of what runs, the host itself has both sides.
    ...(content?.startsWith('=') && change.what === 'state' && { diff: strike(decode(content)) }),
  };
  part.changes[n] = { ...change, drift };
}

/** From what Poterne wants there to what somebody wrote. */
function diffOf({ path, content, secret }: BundleFile, there: string): { diff: string } | undefined {
  if (secret || !('text' in content)) return undefined;
  const patch = createTwoFilesPatch(path, path, content.text, there, '', '', { context: 3 });
  return { diff: patch.slice(patch.indexOf('---')) };
}

function addState(part: PartSoFar, [state, at]: readonly string[]): void {
  if (state === 'unfinished') part.unfinished = true;
  if (state === 'armed') part.armed = true;
  if (state === 'rolled-back') part.rolledBack = instant(at);
}

const steps = {
  packages: 'host.part.packages',
  account: 'host.part.account',
  folder: 'host.part.folder',
  place: 'host.part.place',
  check: 'host.part.check',
  arm: 'host.part.arm',
  action: 'host.part.action',
  unit: 'host.part.unit',
} as const;

function complaintOf(
  [told, said, ...what]: readonly string[],
  strike: (text: string) => string,
): PartReport['complaint'] {
  const step = oneOf(Object.keys(steps) as (keyof typeof steps)[], told);
  // Staged copies lie by their final paths below a folder of the run.
  const output = strike(decode(said))
    .replace(/\/var\/lib\/poterne-host\/incoming\.\w+\/\d+(?=\/)/g, '')
    .trim();
  if (/No space left on device/i.test(output)) return { say: message('host.part.full'), output };
  if (/E: (?:Could not get lock|Unable to acquire the dpkg frontend lock)/.test(output))
    return { say: message('host.dpkg.locked'), output };
  const isCommand = step === 'check' || step === 'action';
  const subject = strike((isCommand ? what.map(wordOf) : what).join(' '));
  return { say: message(steps[step], { what: subject }), output };
}

function reportOf(part: PartSoFar, bundle: Bundle): PartReport {
  const { name, changes, complaint, unfinished, rolledBack } = part;
  const wanted = bundle.parts.some((each) => each.name === name);
  const differs = changes.length > 0 || unfinished || !wanted;
  return {
    name,
    outcome: part.outcome ?? (differs ? 'planned' : part.armed ? 'unconfirmed' : 'unchanged'),
    changes,
    ...(complaint && { complaint }),
    ...(unfinished && { unfinished }),
    ...(rolledBack !== undefined && { rolledBack }),
  };
}

/** What the host sent as `=` and base64, fit for a terminal; `-` is nothing. */
export function decode(field = '-'): string {
  return field.startsWith('=') ? harmless(Buffer.from(field.slice(1), 'base64').toString('utf8')) : '';
}

function instant(seconds = '0'): string {
  return new Date(Number(seconds) * 1000).toISOString();
}
