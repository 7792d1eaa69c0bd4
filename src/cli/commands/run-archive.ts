import { type Command, Option } from 'commander';
import { openSealingKey } from '../../fleet/archive/key.ts';
import { readRun } from '../../fleet/journal.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, controllerFolder } from '../context.ts';
import { requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { wrongRun } from '../past-runs.ts';
import { finish, type SendOptions, sendingOf } from '../run-send.ts';
import { onlySubcommand } from '../subcommand.ts';

interface ArchiveOptions extends CommonOptions, Omit<SendOptions, 'archive'> {
  readonly site: string;
  readonly out: string;
}

/** `poterne run archive`: a past run as one signed file, to keep or to send. */
export function runArchive(context: Context): Command {
  const { t } = context;
  return sendingOptions(
    command(context, 'archive', 'run.archive.about', [
      'run archive 20260102-030405-a1b2',
      'run archive 20260102-030405-a1b2 --out /srv/evidence/',
      'run archive 20260102-030405-a1b2 --mail equipe@example.fr --message "The missing servers are back."',
    ])
      .usage(t('run.archive.usage'))
      .argument('<run>', t('run.archive.run'))
      .option('--site <file>', t('run.site'), 'site.yaml')
      .addOption(new Option('--out <path>', t('run.archive.out')).default('.')),
    context,
  ).action(async (id: string, options: ArchiveOptions, made: Command) => {
    try {
      onlySubcommand(made);
      const { site } = await requireSite(context, options.site, options.json);
      const state = controllerFolder(options.state, process.env);
      await readRun(state, id).catch(wrongRun);
      const sending = await sendingOf({ ...options, archive: options.out }, site);
      const json = options.json === true;
      const finished = sending && (await finish(context, sending, site, state, id, json));
      if (json) context.out(JSON.stringify({ run: id, ...finished?.json }));
      process.exitCode = finished?.status ?? 0;
    } catch (error) {
      process.exitCode = endWith(context, error, options.json === true);
    }
  });
}

/** Adds what says to whom a run's results go. */
export function sendingOptions(made: Command, { t }: Context): Command {
  const many = (value: string, before: readonly string[]) => [...before, value];
  return made
    .option('--mail <address>', t('run.mail'), many, [])
    .option('--message <text>', t('run.message'))
    .addOption(new Option('--message-file <file>', t('run.message-file')).conflicts('message'));
}

/** `poterne run key`: the public half of the key that seals this machine's archives. */
export function runKey(context: Context): Command {
  const { t } = context;
  return command(context, 'key', 'run.key.about', ['run key', 'run key > poterne-run.pub']).action(
    async (options: CommonOptions, made: Command) => {
      try {
        onlySubcommand(made);
        const { line, fingerprint } = await openSealingKey(controllerFolder(options.state, process.env));
        if (options.json) context.out(JSON.stringify({ key: line, fingerprint }));
        else {
          context.out(line);
          context.err(t('run.key.fingerprint', { fingerprint }));
        }
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    },
  );
}
