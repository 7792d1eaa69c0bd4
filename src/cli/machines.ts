import { styleText } from 'node:util';
import type { MachineOutcome } from '../daemon/machines.ts';
import type { HostChange, HostReport, PartReport } from '../model/bundle.ts';
import type { Context } from './context.ts';
import { showFault } from './errors.ts';

const signs = { add: '+', change: '~', remove: '-' } as const;
const colours = { add: 'green', change: 'yellow', remove: 'red' } as const;

/** What became of a machine, or would: its changes, each with who made it necessary by hand; faults on standard error. */
export function showMachine(context: Context, outcome: MachineOutcome): void {
  if ('fault' in outcome) showFault(context, outcome.fault);
  else showReport(context, outcome.report);
}

function showReport(context: Context, { host, parts }: HostReport): void {
  const changes = parts.flatMap((part) => (part.outcome === 'failed' ? [] : part.changes));
  const planned = parts.some((part) => part.outcome === 'planned');
  const title = planned ? 'machines.would' : changes.length > 0 ? 'machines.changed' : 'machines.unchanged';
  const isFailed = parts.some((part) => part.outcome === 'failed');
  if (changes.length > 0 || !isFailed) context.out(context.t(title, { host }));
  for (const change of changes) context.out(changeText(context, change));
  for (const part of parts) notes(context, host, part);
}

function changeText(context: Context, { kind, what, name, drift }: HostChange): string {
  const { t, colour } = context;
  const text = `  ${signs[kind]} ${t(`machines.${kind}.${what}`, { name })}`;
  const line = colour ? styleText(colours[kind], text) : text;
  if (!drift) return line;
  const at = drift.at === undefined ? '' : new Date(drift.at).toLocaleString('sv-SE');
  const who = !at
    ? t('machines.drift.undated')
    : drift.by
      ? t('machines.drift.by', { at, by: drift.by })
      : drift.present
        ? t('machines.drift.present', { at, present: drift.present.join(', ') })
        : t('machines.drift', { at });
  return [
    line,
    `      ${who}`,
    ...(drift.diff?.trimEnd().split('\n') ?? []).map((row) => `      ${row}`),
  ].join('\n');
}

function notes(
  context: Context,
  host: string,
  { name: part, outcome, complaint, rolledBack, unfinished }: PartReport,
): void {
  const { t, err } = context;
  if (rolledBack)
    err(t('machines.rolled-back', { host, part, at: new Date(rolledBack).toLocaleString('sv-SE') }));
  if (outcome === 'unconfirmed') err(t('machines.unconfirmed', { host, part }));
  if (unfinished) err(t('machines.unfinished', { host, part }));
  if (!complaint) return;
  const text = t('machines.failed', { host, part, reason: context.say(complaint.say) });
  err(t('cli.error', { text }));
  if (complaint.output) err(complaint.output.replace(/^/gm, '  │ '));
}

/** Whether applying would change something on a machine. */
export function differs(outcome: MachineOutcome): boolean {
  return 'report' in outcome && outcome.report.parts.some((part) => part.outcome === 'planned');
}

/** Whether everything on a machine is as it should be, or was made so. */
export function isWell(outcome: MachineOutcome): boolean {
  return 'report' in outcome && outcome.report.parts.every((part) => part.outcome !== 'failed');
}

/** What became of a machine, for programs. */
export function machineJson(context: Context, outcome: MachineOutcome): object {
  if ('report' in outcome) return withWords(context, outcome.report);
  const { code, params } = outcome.fault;
  return { host: outcome.host, fault: { code, params, text: context.say({ code, params }) } };
}

/** Without what confirms it: a token is for the one run that got it. */
function withWords(context: Context, { host, milliseconds, parts }: HostReport): object {
  return {
    host,
    milliseconds,
    parts: parts.map(({ complaint, ...part }) => ({
      ...part,
      ...(complaint ? { complaint: { ...complaint, text: context.say(complaint.say) } } : {}),
    })),
  };
}
