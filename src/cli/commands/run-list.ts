import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { whyText } from '../../fleet/archive/words.ts';
import { shortDuration } from '../../lib/duration.ts';
import { shortSize } from '../../lib/size.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, controllerFolder } from '../context.ts';
import { endWith } from '../errors.ts';
import { type PastRun, pastRun, pastRuns } from '../past-runs.ts';
import { outcomeText } from '../run-view.ts';
import { onlySubcommand } from '../subcommand.ts';
import { table } from '../table.ts';

/** `poterne run list`: the runs that are kept, the newest first. */
export function runList(context: Context): Command {
  const { t, out, err } = context;
  return command(context, 'list', 'run.list.about', ['run list', 'run list --json']).action(
    async (options: CommonOptions, made: Command) => {
      try {
        onlySubcommand(made);
        const runs = await pastRuns(controllerFolder(options.state, process.env));
        if (options.json) return out(JSON.stringify(runs.map((run) => summaryJson(run))));
        if ((await stat('list').catch(() => undefined))?.isFile()) err(t('run.list.script'));
        if (runs.length === 0) return out(t('run.list.none'));
        const head = ['run', 'script', 'on', 'ok', 'failed', 'unfinished', 'stage'] as const;
        const rows = runs.map(({ run, counts, stage }) => [
          ...[run.id, run.spec.script, run.spec.on, `${counts.ok}/${counts.hosts}`],
          ...[counts.failed || '', counts.unfinished || '', t(`run.stage.${stage}`)].map(String),
        ]);
        out(
          table(
            head.map((column) => t(column === 'script' ? 'run.list.script-name' : `run.list.${column}`)),
            rows,
          ),
        );
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    },
  );
}

/** `poterne run show`: what happened in one run. */
export function runShow(context: Context): Command {
  const { t } = context;
  return command(context, 'show', 'run.show.about', ['run show 20260102-030405-a1b2'])
    .usage(t('run.archive.usage'))
    .argument('<run>', t('run.archive.run'))
    .action(async (id: string, options: CommonOptions, made: Command) => {
      try {
        onlySubcommand(made);
        const found = await pastRun(controllerFolder(options.state, process.env), id);
        if (options.json)
          context.out(JSON.stringify({ ...summaryJson(found), spec: specJson(found), hosts: found.hosts }));
        else show(context, found);
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    });
}

function show(context: Context, { run, stage, counts, hosts }: PastRun): void {
  const { t, out, language } = context;
  const { spec, begun, last, folder, of, resumed } = run;
  const account = spec.as ?? t('run.account.login');
  out(t('run.what', { script: spec.script, account, id: run.id }));
  const rows = [
    ['run.show.stage', t(`run.stage.${stage}`)],
    ['archive.row.begun', begun],
    ['archive.row.ended', last],
    ['archive.row.resumed', resumed.join(', ')],
    ['archive.row.of', of ?? ''],
    ['archive.row.on', spec.on],
    ['archive.row.arguments', spec.args.map((arg) => JSON.stringify(arg)).join(' ')],
    ['run.show.sha256', spec.sha256],
  ] as const;
  for (const [code, value] of rows) if (value !== '') out(t('run.show.row', { label: t(code), value }));
  const head = ['host', 'outcome', 'time', 'output', 'files'] as const;
  out(
    table(
      head.map((column) => t(`run.head.${column}`)),
      hosts.map(({ host, outcome, stdout, stderr = 0, milliseconds, scriptMilliseconds, files = [] }) => [
        host,
        outcomeText(context, outcome),
        milliseconds === undefined ? '' : shortDuration(scriptMilliseconds ?? milliseconds),
        stdout === undefined ? '' : shortSize(stdout + stderr),
        files.length === 0 ? '' : String(files.length),
      ]),
    ),
  );
  for (const { host, outcome } of hosts) {
    const why = whyText(language, outcome);
    if (why) out(`${host}: ${why}`);
  }
  out(t('run.result', { ok: counts.ok, count: counts.hosts, folder }));
}

function summaryJson({ run, stage, counts }: PastRun): object {
  const { id, spec, begun, last, folder, of, resumed } = run;
  const { script, on, as } = spec;
  return { run: id, script, on, as, stage, begun, last, of, resumed, counts, folder };
}

/** What was asked for; of what a script read, only that there was something. */
function specJson({ run }: PastRun): object {
  const { stdin, ...rest } = run.spec;
  return { ...rest, stdin: stdin !== undefined };
}
