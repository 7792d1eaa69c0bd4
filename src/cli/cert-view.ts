import { styleText } from 'node:util';
import type { Certificate, CertificateFacts } from '../doctor/certificate.ts';
import type { Chain } from '../doctor/chain.ts';
import type { Diagnosis } from '../doctor/diagnosis.ts';
import type { Code } from '../i18n/en.ts';
import { harmless, oneLine } from '../lib/harmless.ts';
import { type Message, message, type Params } from '../model/message.ts';
import type { Context } from './context.ts';
import { exit } from './exit.ts';

const colours = { error: 'red', warning: 'yellow', note: 'cyan' } as const;
const day = 86_400_000;

/** A line of the details: what, and its value. */
export type Detail = readonly [label: Code, value: string];

/** What a command of the certificate doctor found out. */
export interface CertReport {
  /** What was looked at: a file, a server. */
  readonly what: string;
  readonly found: readonly Diagnosis[];
  readonly details: readonly Detail[];
  /** What to say when nothing is wrong. */
  readonly healthy?: Code;
  /** The same for programs. */
  readonly json: object;
}

/** Shows a report, the verdict first, and gives the status to leave with. */
export function showReport(
  context: Context,
  { what, found, details, json, healthy = 'cert.verdict.healthy' }: CertReport,
  asJson: boolean | undefined,
): number {
  const worst = found.find(({ severity }) => severity === 'error');
  const verdict = verdictOf(found);
  if (asJson)
    context.out(
      JSON.stringify({ what, verdict, findings: found.map((each) => findingJson(context, each)), ...json }),
    );
  else {
    const told = worst ?? found.find(({ severity }) => severity === 'warning');
    const params: Params = { what, text: told ? context.say(told) : '' };
    const colour = worst ? 'red' : told ? 'yellow' : 'green';
    const code = told ? (`cert.verdict.${worst ? 'broken' : 'warned'}` as const) : healthy;
    context.out(paint(context, colour, context.t(code, params)));
    for (const each of found) showFinding(context, each, what);
    const width = Math.max(0, ...details.map(([label]) => context.t(label).length));
    if (details.length > 0) context.out('');
    for (const [label, value] of details)
      context.out(
        `  ${context.t(label).padEnd(width)}  ${harmless(value).replaceAll('\n', `\n${' '.repeat(width + 4)}`)}`,
      );
  }
  return worst ? exit.failed : exit.done;
}

function verdictOf(found: readonly Diagnosis[]): 'broken' | 'warned' | 'healthy' {
  if (found.some(({ severity }) => severity === 'error')) return 'broken';
  return found.some(({ severity }) => severity === 'warning') ? 'warned' : 'healthy';
}

function showFinding(context: Context, finding: Diagnosis, what: string): void {
  const { severity, code, where } = finding;
  const label = paint(context, colours[severity], context.t(`severity.${severity}`));
  context.out(`\n${label} ${code}: ${context.say(finding)}`);
  if (where !== undefined && where !== what)
    context.out(`  ${context.t('cert.finding.where', { text: where })}`);
  context.out(`  ${context.t('cert.finding.next', { text: context.say(nextOf(finding)) })}`);
}

function nextOf({ code, params }: Diagnosis): Message {
  return message(`${code}.next` as Code, params);
}

function findingJson(context: Context, finding: Diagnosis): object {
  const { severity, code, params, where } = finding;
  return {
    ...{ severity, code, text: context.say(finding), next: context.say(nextOf(finding)), params },
    ...(where === undefined ? {} : { where }),
  };
}

function paint({ colour }: Context, style: 'red' | 'yellow' | 'cyan' | 'green', text: string): string {
  return colour ? styleText(style, text) : text;
}

/** What a certificate says, line by line. */
export function factLines(
  { t }: Context,
  facts: CertificateFacts,
  now: Date,
  usages: string,
): readonly Detail[] {
  const { subject, issuer, names, notBefore, notAfter, constraints, key, signature, serial, sha256 } = facts;
  const iso = (at: Date) => at.toISOString().slice(0, 16).replace('T', ' ');
  const days = Math.floor((notAfter.getTime() - now.getTime()) / day);
  return [
    ['cert.fact.subject', subject || '—'],
    ['cert.fact.names', names.map(oneLine).join(', ') || '—'],
    ['cert.fact.issuer', issuer],
    ['cert.fact.valid', t('cert.fact.valid.value', { since: iso(notBefore), until: iso(notAfter), days })],
    ['cert.fact.usage', usages || '—'],
    ...(constraints?.ca ? [['cert.fact.authority', t('cert.fact.authority.yes')] as const] : []),
    ['cert.fact.key', [key.type.toUpperCase(), key.bits ?? key.curve].filter(Boolean).join(' ')],
    ['cert.fact.signature', signature],
    ['cert.fact.serial', serial],
    ['cert.fact.sha256', sha256],
  ];
}

/** A chain as a ladder, and how it ends. */
export function chainLine({ t }: Context, { path, end }: Chain): Detail {
  const steps = path.map(({ commonName, subject }, depth) => `${depth} ${oneLine(commonName || subject)}`);
  return ['cert.fact.chain', [...steps, `→ ${t(`cert.chain.end.${end}`)}`].join('\n')];
}

/** A chain for programs. */
export function chainJson({ path, end }: Chain): object {
  return { end, path: path.map(({ subject, sha256 }: Certificate) => ({ subject, sha256 })) };
}
