import { styleText } from 'node:util';
import type { ArchivedOutcome } from '../fleet/archive/manifest.ts';
import { outcomeText as wordsOf } from '../fleet/archive/words.ts';
import type { RunTeller } from '../fleet/runner.ts';
import { shortDuration } from '../lib/duration.ts';
import { isFailed, isUnfinished, type RunHost } from '../model/run.ts';
import type { Context } from './context.ts';
import type { Progress } from './live.ts';
import { table } from './table.ts';

/** Shows a run as it goes: every line with its host before it, on the stream that the script wrote it to. */
export function tellerOf(
  context: Context,
  hosts: readonly string[],
  isQuiet: boolean,
  progress: Progress,
): RunTeller {
  const { t, out, err, colour } = context;
  const width = Math.min(24, Math.max(...hosts.map((host) => host.length)));
  const before = (host: string) => {
    const text = `${host.padEnd(width)} │`;
    return colour ? styleText('dim', text) : text;
  };
  return {
    batch: (number, of, count) => err(t('run.batch', { number, of, hosts: count })),
    begun: (host) => {
      progress.running.set(host, { state: 'connecting', since: performance.now() });
    },
    state: (host, is) => {
      const running = progress.running.get(host);
      if (running) running.state = is;
    },
    line: (host, stream, text) => {
      if (!isQuiet) (stream === 'stdout' ? out : err)(`${before(host)} ${text}`);
    },
    done: ({ host, outcome }) => {
      progress.running.delete(host);
      progress.done++;
      if (isFailed(outcome)) progress.failed++;
      err(`${before(host)} ${outcomeText(context, outcome)}`);
    },
    stopped: (failed, of) => err(t('run.stopped.share', { failed, of })),
  };
}

/** What became of the hosts of a run: a row each, then why some have no result, and what was not brought back. */
export function showResults(context: Context, results: readonly RunHost[]): void {
  const { t, out, err } = context;
  const head = [
    t('run.head.host'),
    t('run.head.outcome'),
    t('run.head.time'),
    t('run.head.output'),
    t('run.head.files'),
  ];
  const rows = results.map((result) => [
    result.host,
    outcomeText(context, result.outcome),
    result.attempts === 0 ? '' : shortDuration(result.scriptMilliseconds ?? result.milliseconds),
    result.attempts === 0 ? '' : sizeText(result.stdout + result.stderr),
    filesText(context, result),
  ]);
  out(table(head, rows));
  for (const { host, outcome, files, skipped, left } of results) {
    if ('fault' in outcome) {
      err(t('cli.error', { text: context.say(outcome.fault) }));
      if (outcome.next) err(t('cli.next', { text: context.say(outcome.next) }));
    }
    if (left) err(t('run.left', { host }));
    for (const { path, changed } of files) if (changed) err(t('run.skipped.changed', { host, path }));
    for (const { path, why } of skipped)
      if (why !== 'twice') err(t('run.skipped', { host, path, why: t(`run.skipped.${why}`) }));
  }
}

/** An outcome in a word or two. */
export function outcomeText({ language, colour }: Context, outcome: ArchivedOutcome): string {
  const text = wordsOf(language, outcome);
  if (!colour) return text;
  const isOpen = outcome.is !== 'unknown' && isUnfinished(outcome);
  return styleText(outcome.is === 'ok' ? 'green' : isOpen ? 'yellow' : 'red', text);
}

/** What to do about hosts that have no good result. */
export function nextOf({ t }: Context, id: string, results: readonly RunHost[]): string | undefined {
  if (results.some(({ outcome }) => isUnfinished(outcome))) return t('run.next.resume', { id });
  if (results.some(({ outcome }) => isFailed(outcome))) return t('run.next.failed', { id });
  return undefined;
}

/** How many files came back, or what became of those that were put. */
function filesText({ t }: Context, { files, put }: RunHost): string {
  if (!put) return files.length === 0 ? '' : String(files.length);
  return (['new', 'changed', 'same'] as const)
    .map((state) => [state, put.filter((each) => each === state).length] as const)
    .flatMap(([state, count]) => (count > 0 ? [t(`put.is.${state}`, { count })] : []))
    .join(', ');
}

function sizeText(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const)
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  return `${bytes} B`;
}
