import type { Command, CommanderError } from 'commander';
import type { Code } from '../i18n/en.ts';
import { type Message, message } from '../model/message.ts';
import type { Context } from './context.ts';
import { endWith } from './errors.ts';
import { exit, WrongRequest } from './exit.ts';

const titles: Readonly<Record<string, Code>> = {
  'Usage:': 'cli.usage',
  'Arguments:': 'cli.arguments',
  'Options:': 'cli.options',
  'Commands:': 'cli.commands',
};

/** Has a command's help and its complaints about options speak the reader's language; commander's own are English. */
export function speaking(made: Command, context: Context): Command {
  return made
    .configureHelp({
      showGlobalOptions: false,
      styleTitle: (title) => (titles[title] ? context.t(titles[title]) : title),
      // Descriptions say themselves which values there are, and which is meant when there is none.
      optionDescription: (option) => option.description,
      argumentDescription: (argument) => argument.description,
    })
    .configureOutput({ outputError: () => {} })
    .exitOverride((error) => {
      if (error.exitCode === 0) process.exit(exit.done);
      const fault = complaint(error, made);
      process.exit(fault ? endWith(context, fault, process.argv.includes('--json')) : exit.wrong);
    });
}

/** A command's whole name, e.g. `poterne run archive`. */
function pathOf(made: Command): string {
  return made.parent ? `${pathOf(made.parent)} ${made.name()}` : 'poterne';
}

/** What commander holds against the arguments; `undefined` when it has shown the help instead. */
function complaint({ code, message: text }: CommanderError, made: Command): WrongRequest | undefined {
  const [, what = '', value = ''] = /'(.*?)'(?: argument '(.*?)')?/s.exec(text) ?? [];
  const meant = /Did you mean (?:one of )?(.*)\?\)/.exec(text)?.[1];
  const name = pathOf(made);
  // Where the description is an argument: other commands have an option for it.
  const next: Message =
    what === '--site' && made.usage().includes('[file]')
      ? message('usage.site', { usage: `${name} ${made.usage()}` })
      : meant
        ? message('usage.meant', { meant })
        : message('usage.help', { command: `${name} --help` });
  switch (code) {
    case 'commander.unknownOption':
      return new WrongRequest('usage.option.unknown', { option: what, command: name }, { next });
    case 'commander.unknownCommand':
      return new WrongRequest('usage.command.unknown', { command: what }, { next });
    case 'commander.optionMissingArgument':
      return new WrongRequest('usage.option.empty', { option: what }, { next });
    case 'commander.invalidArgument':
      return new WrongRequest('usage.option.value', { option: what, value }, { next });
    case 'commander.excessArguments':
      return new WrongRequest('usage.arguments', { command: name }, { next });
    case 'commander.missingArgument':
      return new WrongRequest('usage.argument.missing', { argument: what, command: name }, { next });
    case 'commander.missingMandatoryOptionValue':
      return new WrongRequest('usage.option.missing', { option: what, command: name }, { next });
    default:
      if (code === 'commander.help') return undefined;
      return new WrongRequest('usage.other', { text: text.replace(/^error: /, '') }, { next });
  }
}
