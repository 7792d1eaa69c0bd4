import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { activeManifest } from '../../../daemon/gateway.ts';
import { Fault } from '../../../model/fault.ts';
import { message } from '../../../model/message.ts';
import type { ProxiedPublication, Site } from '../../../model/site.ts';
import type { CrsMistake } from '../../../waf/crs/format.ts';
import type { CrsReason } from '../../../waf/crs/judge.ts';
import { type CrsResult, readSuite, runCrs } from '../../../waf/crs/run.ts';
import type { CrsDoor } from '../../../waf/crs/send.ts';
import { type CommonOptions, command } from '../../command.ts';
import { type Context, stateFolder } from '../../context.ts';
import { exit, WrongRequest } from '../../exit.ts';
import { interruption } from '../../interruption.ts';
import { publicationNamed } from '../../publication-named.ts';
import { table } from '../../table.ts';
import { withGateway } from '../../with-gateway.ts';

interface CrsOptions extends CommonOptions {
  readonly publication: string;
  readonly only?: RegExp;
  readonly wait: number;
  readonly width: number;
}

/** What a run comes to, as `--json` tells it. */
interface Summary {
  readonly publication: string;
  readonly passed: number;
  readonly failed: number;
  /** Tests of files that say of themselves that they are not to be run, and those that an interruption left out. */
  readonly skipped: number;
  readonly reasons: Partial<Record<CrsReason | 'mistake', number>>;
  readonly failures: readonly {
    readonly id: string;
    readonly file: string;
    readonly line: number;
    readonly reason: CrsReason | 'mistake';
    readonly expected: string;
    readonly seen: string;
  }[];
}

/** `poterne waf crs`: regression tests of the Core Rule Set, or one's own in that format, through a published service. */
export function wafCrs(context: Context): Command {
  const { t } = context;
  return command(context, 'crs', 'waf.crs.about', [
    'waf crs coreruleset-3.3.4/tests/regression/tests --publication crs.localhost',
    'waf crs 942100.yaml --publication crs.localhost --only "942100-1[0-9]"',
    'waf crs samples --publication crs.localhost --json',
  ])
    .usage(t('waf.crs.usage'))
    .argument('<path>', t('waf.crs.path'))
    .requiredOption('--publication <name>', t('waf.crs.publication'))
    .option('--only <pattern>', t('waf.crs.only'), patternOf)
    .option('--wait <seconds>', t('waf.crs.wait'), numberFrom(1, 600), 5)
    .option('--width <count>', t('waf.crs.width'), numberFrom(1, 64), 8)
    .action(async (path: string, options: CrsOptions) => {
      if (!existsSync(path)) throw new WrongRequest('waf.crs.missing', { path });
      const state = stateFolder(options.state, process.env);
      await withGateway(state, async (gateway) => {
        const manifest = await activeManifest(gateway.state);
        if (!manifest)
          throw new Fault('waf.crs.unserved', { state }, { next: message('waf.crs.unserved.next') });
        const publication = watched(manifest.site, options.publication);
        const suite = await readSuite(path);
        const tests = suite.tests.filter(({ id }) => options.only?.test(id) ?? true);
        if (tests.length + suite.mistakes.length === 0) throw new WrongRequest('waf.crs.none', { path });
        const interrupted = interruption(() => context.err(t('waf.crs.stopping')));
        const results = await runCrs(tests, {
          door: doorOf(manifest.site, publication),
          host: publication.example,
          log: join(gateway.state, 'nginx/log/waf.log'),
          patience: options.wait * 1000,
          ...{ width: options.width, signal: interrupted.signal, progress: teller(context) },
        });
        interrupted.end();
        const skipped = suite.disabled + tests.length - results.length;
        const summary = summarise(publication.name, results, suite.mistakes, skipped);
        if (options.json) context.out(JSON.stringify(summary));
        else context.out(draw(context, summary));
        if (summary.failed > 0 || interrupted.signal.aborted) process.exitCode = exit.failed;
      });
    });
}

function watched(site: Site, name: string): ProxiedPublication & { readonly waf: object } {
  const publication = publicationNamed(site, name);
  if (publication.scenario === 'direct' || !publication.waf)
    throw new WrongRequest('waf.unwatched', { name }, { next: message('waf.unwatched.next') });
  return publication as ProxiedPublication & { readonly waf: object };
}

/** The gateway's own listener: the tests go the way of visitors, from the first byte. */
function doorOf({ gateway }: Site, { example }: ProxiedPublication): CrsDoor {
  const [listen] = gateway.listen;
  const anywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return {
    address: listen === undefined ? '127.0.0.1' : (anywhere[listen] ?? listen),
    port: gateway.httpsPort,
    name: example,
    proxyProtocol: gateway.proxyProtocol,
  };
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    throw new InvalidArgumentError((cause as Error).message);
  }
}

const numberFrom = (least: number, most: number) => (text: string) => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least || number > most)
    throw new InvalidArgumentError(`${least}–${most}`);
  return number;
};

/** Tells every few hundred, and the last. */
function teller({ t, err }: Context): (done: number, total: number) => void {
  return (done, total) => {
    if (done % 250 === 0 || done === total) err(t('waf.crs.progress', { done, total }));
  };
}

function summarise(
  publication: string,
  results: readonly CrsResult[],
  mistakes: readonly CrsMistake[],
  skipped: number,
): Summary {
  const failures: Summary['failures'][number][] = [
    ...results.flatMap(({ test: { id, file, line }, failure }) =>
      failure ? [{ id, file, line, ...failure }] : [],
    ),
    ...mistakes.map(({ file, line, reason }) => ({
      ...{ id: '–', file, line, reason: 'mistake' as const },
      ...{ expected: reason, seen: '–' },
    })),
  ];
  const reasons: Summary['reasons'] = {};
  for (const { reason } of failures) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return {
    publication,
    passed: results.filter(({ failure }) => !failure).length,
    failed: failures.length,
    skipped,
    reasons,
    failures,
  };
}

function draw({ t }: Context, summary: Summary): string {
  const { passed, failed, skipped, reasons, failures } = summary;
  const rows = failures.map(({ id, file, line, reason, expected, seen }) => [
    id,
    t(`waf.crs.reason.${reason}`),
    expected,
    seen,
    `${file}:${line}`,
  ]);
  const head = ['test', 'reason', 'expected', 'seen', 'place'] as const;
  const counts = Object.entries(reasons).map(
    ([reason, count]) => `${t(`waf.crs.reason.${reason as CrsReason}`)}: ${count}`,
  );
  return [
    ...(rows.length > 0
      ? [
          table(
            head.map((name) => t(`waf.crs.column.${name}`)),
            rows,
          ),
          '',
        ]
      : []),
    t('waf.crs.counts', { passed, failed, skipped }) + (counts.length > 0 ? ` (${counts.join(', ')})` : ''),
  ].join('\n');
}
