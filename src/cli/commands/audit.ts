import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type AuditRecord, auditResults } from '../../audit/entry.ts';
import { auditFolder, publicKeyOf, readHead } from '../../audit/files.ts';
import { type AuditQuery, searchAudit } from '../../audit/search.ts';
import { type AuditBreak, verifyAudit } from '../../audit/verify.ts';
import { harmless } from '../../lib/harmless.ts';
import { bastionPlaces } from '../../model/access.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, controllerFolder, stateFolder } from '../context.ts';
import { exit, WrongRequest } from '../exit.ts';
import { sinceOf } from '../since.ts';
import { table } from '../table.ts';

interface SearchOptions extends CommonOptions {
  readonly who?: string;
  readonly what?: string;
  readonly to?: string;
  readonly result?: AuditQuery['result'];
  readonly from?: string;
  readonly since?: string;
  readonly until?: string;
}

/** `poterne audit`: who did what to what, from where, with what result. */
export function audit(context: Context): Command {
  const { t, out, err } = context;
  return command(context, 'audit', 'audit.about', [
    'audit --since 7d',
    'audit --who alice --to prod1 --what session',
    'audit --what sign-in --result refused --from 198.51.100.0/24 --since 1h',
    'audit --what cut --json',
    'audit verify',
    'audit head > /mnt/elsewhere/head.json',
  ])
    .helpCommand(false)
    .enablePositionalOptions()
    .option('--who <name>', t('audit.who'))
    .option('--what <kind>', t('audit.what'))
    .option('--to <what>', t('audit.to'))
    .option('--from <address>', t('audit.from'))
    .addOption(new Option('--result <result>', t('audit.result')).choices(auditResults))
    .option('--since <time>', t('audit.since'))
    .option('--until <time>', t('audit.until'))
    .addCommand(verify(context))
    .addCommand(head(context))
    .action(async (options: SearchOptions) => {
      const { who, what, to, from, result } = options;
      const since = options.since === undefined ? undefined : sinceOf(options.since);
      const until = options.until === undefined ? undefined : sinceOf(options.until);
      const query = { who, what, to, from, result, since, until } as AuditQuery;
      const found: AuditRecord[] = [];
      for (const state of statesOf(options.state))
        await readable(state, async () => {
          for await (const record of searchAudit(state, query)) found.push(record);
        });
      found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
      if (options.json) return out(JSON.stringify(found));
      if (found.length === 0) return out(t('audit.none'));
      const head = (['at', 'who', 'what', 'to', 'from', 'result', 'detail'] as const).map((c) =>
        t(`audit.column.${c}`),
      );
      out(
        table(
          head,
          found.map((record) => rowOf(context, record)),
        ),
      );
      err(t('audit.count', { count: found.length }));
    });
}

function rowOf({ t }: Context, record: AuditRecord): readonly string[] {
  const { at, who, what, to = '', from = '', result, detail = {} } = record;
  const told = Object.entries(detail).map(([name, value]) => `${name}=${value}`);
  return [
    new Date(at).toLocaleString('sv-SE'),
    who,
    what,
    to,
    from,
    t(`audit.result.${result}`),
    told.join(' '),
  ].map(
    // What clients sent stands there too.
    (text) => harmless(text).replace(/[\n\t]/g, ' '),
  );
}

/** `poterne audit verify`: whether the log is as it was written; exit 1 where it is not. */
function verify(context: Context): Command {
  const { t, out } = context;
  return command(context, 'verify', 'audit.verify.about', [
    'audit verify',
    'audit verify --head /mnt/elsewhere/head.json',
  ])
    .option('--head <file>', t('audit.verify.head'))
    .action(async (options: CommonOptions & { readonly head?: string }) => {
      const kept = options.head === undefined ? undefined : await readKept(options.head);
      const states = statesOf(options.state);
      const logs = [];
      for (const [index, state] of states.entries()) {
        // The head is that of the log whose head `audit head` prints.
        const its = index === 0 ? kept : undefined;
        logs.push({ state, ...(await readable(state, () => verifyAudit(state, its))) });
      }
      const isWhole = logs.every(({ breaks }) => breaks.length === 0);
      if (!isWhole) process.exitCode = exit.failed;
      if (options.json) {
        out(JSON.stringify({ ok: isWhole, logs }));
        return;
      }
      for (const { state, records, breaks } of logs) {
        const folder = auditFolder(state);
        for (const each of breaks) out(breakText(context, folder, each));
        out(
          t(breaks.length === 0 ? 'audit.verify.whole' : 'audit.verify.broken', {
            folder,
            records,
            count: breaks.length,
          }),
        );
      }
    });
}

function breakText({ t }: Context, folder: string, { kind, file, line, first, last }: AuditBreak): string {
  const place = file === undefined ? folder : `${folder}/${file}:${line}`;
  const records =
    first === undefined ? '' : last === undefined || last === first ? `${first}` : `${first}–${last}`;
  return t(`audit.break.${kind}`, { place, records });
}

/** `poterne audit head`: the end of the log, signed, to be kept elsewhere. */
function head(context: Context): Command {
  return command(context, 'head', 'audit.head.about', ['audit head > /mnt/elsewhere/head.json']).action(
    async (options: CommonOptions) => {
      const [state = ''] = statesOf(options.state);
      const found = await readable(state, async () => {
        const key = await publicKeyOf(auditFolder(state));
        return key && readHead(auditFolder(state), key);
      });
      if (!found) throw new Fault('audit.empty', { folder: auditFolder(state) });
      context.out(JSON.stringify(found));
    },
  );
}

/** The state folders whose logs are meant: as asked, else those of this machine's bastion, of its gateway and of Poterne here. */
function statesOf(asked: string | undefined): readonly string[] {
  const own = controllerFolder(asked, process.env);
  if (asked || process.env.POTERNE_STATE) return [own];
  // The bastion's own is there for all to see, and for its account to read.
  const there = [
    ...(existsSync(bastionPlaces.state) ? [bastionPlaces.state] : []),
    // What people did at the gateway stands in its own; where a service runs it, root has another folder beside it.
    ...[...new Set([own, stateFolder(asked, process.env)])].filter((each) => existsSync(auditFolder(each))),
  ];
  return there.length > 0 ? there : [own];
}

async function readable<T>(state: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') throw cause;
    throw new Fault(
      'audit.denied',
      { folder: auditFolder(state) },
      { cause, next: message('audit.denied.next') },
    );
  }
}

async function readKept(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new WrongRequest('audit.head.unreadable', { file, reason: cause.code ?? '' });
  });
}
