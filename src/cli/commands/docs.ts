import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { documentData, documents } from '../../docs/index.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { type Language, languages, type Site } from '../../model/site.ts';
import { type CommonOptions, commandOnFile } from '../command.ts';
import type { Context } from '../context.ts';
import { requireSite } from '../description.ts';
import { exit, Refused } from '../exit.ts';

interface DocsOptions extends CommonOptions {
  readonly out?: string;
  readonly date?: string;
}

/** `poterne docs`: the perimeter as people read it, from the description alone. */
export function docs(context: Context): Command {
  const { t } = context;
  const made = commandOnFile(context, 'docs', 'docs.about', [
    'docs --out docs/perimeter',
    'docs site.yaml --out perimeter --lang fr',
    'docs site.yaml --out perimeter --date "$(date +%F)"',
    'docs site.yaml --json',
  ]);
  for (const option of made.options) if (option.long === '--lang') option.description = t('docs.lang');
  return made
    .option('--out <dir>', t('docs.out'))
    .option('--date <text>', t('docs.date'))
    .action(async (file: string, options: DocsOptions) => {
      if (options.out === undefined && !options.json) {
        context.err(t('cli.error', { text: t('docs.out.missing') }));
        context.err(t('cli.next', { text: t('docs.out.missing.next') }));
        throw new Refused();
      }
      const { site } = await requireSite(context, file, options.json);
      const origin = {
        source: relative(process.cwd(), resolve(file)),
        ...(options.date === undefined ? {} : { date: options.date }),
      };
      const written = documents(site, origin, wantedLanguages(site, options));
      if (options.out !== undefined) await write(options.out, written);
      if (options.json) context.out(JSON.stringify(documentData(site, origin, context.language)));
      else {
        const folder = options.out as string;
        context.out(t('docs.written', { folder, files: written.map(({ path }) => path).join(', ') }));
        context.err(t('cli.next', { text: t('docs.next', { file: join(folder, 'index.html') }) }));
      }
      process.exitCode = exit.done;
    });
}

/** The one asked for, or all of them, the site's own first. */
function wantedLanguages({ language }: Site, { lang }: DocsOptions): readonly Language[] {
  const asked = languages.filter((known) => known === lang);
  return asked.length > 0 ? asked : [language, ...languages.filter((known) => known !== language)];
}

async function write(folder: string, files: readonly { path: string; text: string }[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const { path, text } of files) await writeFile(join(folder, path), text);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new Fault('docs.failed', { folder, reason }, { cause, next: message('docs.failed.next') });
  }
}
