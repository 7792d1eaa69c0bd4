import { readFile, writeFile } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { text as wholeText } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { describe, report, toJson } from '../../describe/index.ts';
import {
  descriptionOf,
  formatOf,
  type ImportedHost,
  type InventoryFormat,
  importInventory,
  inventoryFormats,
} from '../../fleet/import/index.ts';
import { Fault } from '../../model/fault.ts';
import { type Finding, hasErrors, type Place } from '../../model/finding.ts';
import { message } from '../../model/message.ts';
import { segments } from '../../model/pointer.ts';
import { type CommonOptions, command } from '../command.ts';
import type { Context } from '../context.ts';
import { unifiedDiff } from '../diff.ts';
import { exit, Refused, WrongRequest } from '../exit.ts';

interface ImportOptions extends CommonOptions {
  readonly format?: InventoryFormat;
  readonly out: string;
  readonly force?: boolean;
}

/** `poterne hosts import`: another inventory as a file that people review and include; nothing else reads it. */
export function hostsImport(context: Context): Command {
  const { t } = context;
  return command(context, 'import', 'hosts.import.about', [
    'hosts import servers.csv',
    'hosts import inventory.ini --out hosts.yaml --force',
    'hosts import production.yml --lang fr',
    'hosts import --format json - < list.json',
  ])
    .usage(t('hosts.import.usage'))
    .argument('<file>', t('hosts.import.file'))
    .addOption(new Option('--format <format>', t('hosts.import.format')).choices(inventoryFormats))
    .addOption(new Option('--out <file>', t('hosts.import.out')).default('hosts.yaml'))
    .option('--force', t('hosts.import.force'))
    .action(async (file: string, options: ImportOptions) => {
      const written = await read(file);
      const format = options.format ?? formatOf(file, written);
      if (!format) throw new WrongRequest('import.format', { file }, { next: message('import.format.next') });
      const name = file === '-' ? '<stdin>' : resolve(file);
      const imported = importInventory(written, name, format);
      const comment = t('hosts.import.comment', {
        from: file === '-' ? '<stdin>' : basename(file),
        count: imported.hosts.length,
      });
      const text = descriptionOf(imported.hosts, comment);
      const findings = [...imported.findings, ...(await impossible(imported.hosts, text, name))];
      findings.sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0));
      showFindings(context, findings, options);
      if (hasErrors(findings)) throw new Refused();
      await write(context, text, imported.hosts.length, findings, options);
    });
}

async function read(file: string): Promise<string> {
  try {
    const bytes = file === '-' ? Buffer.from(await wholeText(process.stdin)) : await readFile(file);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new Fault('import.unreadable', { file, reason }, { cause });
  }
}

/** What the description cannot have, at the lines of the inventory: describe itself reads what would be written. */
async function impossible(
  hosts: readonly ImportedHost[],
  text: string,
  file: string,
): Promise<readonly Finding[]> {
  const files = {
    read: async (path: string) => (path === '/site.yaml' ? `site: import\ninclude: [hosts.yaml]\n` : text),
    list: async () => [],
  };
  const { findings } = await describe('/site.yaml', { files });
  const lines = new Map(hosts.map(({ name, line }) => [name, line]));
  return findings
    .filter(({ code }) => code.startsWith('value.') || code.startsWith('host.key.'))
    .map(({ at: _, ...finding }) => {
      const line = lines.get(segments(finding.pointer ?? '')[1] ?? '') ?? 1;
      return { ...finding, at: { file, line, column: 1, length: 1 } satisfies Place };
    });
}

/** Lines of an inventory are not shown: they may hold passwords. */
function showFindings(context: Context, findings: readonly Finding[], { json }: ImportOptions): void {
  const { language, colour } = context;
  const cwd = process.cwd();
  if (json && hasErrors(findings))
    context.out(JSON.stringify({ ok: false, findings: toJson(findings, language, cwd) }));
  else if (!json && findings.length > 0)
    context.err(report(findings, { language, colour, cwd, read: () => undefined }));
}

async function write(
  context: Context,
  text: string,
  count: number,
  findings: readonly Finding[],
  { out, force, json }: ImportOptions,
): Promise<void> {
  const { t } = context;
  if (out === '-') {
    context.out(text.trimEnd());
    return;
  }
  const before = await current(out);
  const outcome = before === text ? 'same' : 'written';
  if (before !== undefined && before !== text) {
    const path = relative(process.cwd(), resolve(out));
    const diff = unifiedDiff(new Map([[path, before]]), [{ path, text }]);
    if (!json) context.out(diff.trimEnd());
    if (!force) {
      const next = message('import.exists.next');
      throw new Fault('import.exists', { file: out }, { next });
    }
  }
  if (outcome === 'written')
    try {
      await writeFile(out, text);
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
      throw new Fault('import.unwritable', { file: out, reason }, { cause });
    }
  if (json)
    context.out(
      JSON.stringify({
        ok: true,
        file: out,
        hosts: count,
        outcome,
        findings: toJson(findings, context.language, process.cwd()),
      }),
    );
  else {
    context.out(t(`hosts.import.${outcome}`, { file: out, count }));
    context.err(t('cli.next', { text: t('hosts.import.next', { file: out }) }));
  }
  process.exitCode = exit.done;
}

/** What the file holds now; `undefined` when there is none. */
async function current(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Fault('import.unwritable', { file, reason: code ?? String(cause) }, { cause });
  }
}
