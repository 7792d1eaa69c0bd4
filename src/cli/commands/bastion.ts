import type { Command } from 'commander';
import { askBastion } from '../../bastion/control.ts';
import { serveBastion } from '../../daemon/bastion.ts';
import { answerFront } from '../../daemon/front.ts';
import { localhost } from '../../hosts/local.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { servedSitePath } from '../../plan/bastion/part.ts';
import { bastionState } from '../bastion-state.ts';
import { type CommonOptions, command } from '../command.ts';
import type { Context } from '../context.ts';
import { showFault } from '../errors.ts';

/** `poterne bastion`: what the units of a bastion run. */
export function bastion(context: Context): Command {
  return command(context, 'bastion', 'bastion.about', ['bastion serve'])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions()
    .addCommand(serve(context))
    .addCommand(reload(context))
    .addCommand(front(context));
}

function serve(context: Context): Command {
  return command(context, 'serve', 'bastion.serve.about', ['bastion serve']).action(
    async (options: CommonOptions) => {
      const ending = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
      await serveBastion(
        bastionState(options.state ?? process.env.STATE_DIRECTORY, process.env),
        servedSitePath,
        {
          tell: (what) => context.err(context.say(what)),
          trouble: (error) => {
            if (error instanceof Fault) showFault(context, error);
            else context.err(context.say(message('bastion.trouble', { reason: String(error) })));
          },
          ready: () => {
            if (process.env.NOTIFY_SOCKET) void localhost.run(['systemd-notify', '--ready']);
          },
          signal: ending.signal,
        },
      );
    },
  );
}

function reload(context: Context): Command {
  return command(context, 'reload', 'bastion.reload.about', ['bastion reload']).action(
    async (options: CommonOptions) => {
      const state = bastionState(options.state ?? process.env.STATE_DIRECTORY, process.env);
      const { sessions } = await askBastion<{ readonly sessions: number }>(state, '/reload');
      if (options.json) context.out(JSON.stringify({ sessions }));
    },
  );
}

/** What poterne-front@.service runs: one request of somebody who is logged in to the bastion. */
function front(context: Context): Command {
  return command(context, 'front', 'front.about', ['bastion front 3-1234-998'])
    .argument('<instance>', context.t('front.instance'))
    .action(async (instance: string, options: CommonOptions) => {
      const state = bastionState(options.state ?? process.env.STATE_DIRECTORY, process.env);
      const request = { instance, said: await requestText(), at: new Date() };
      const { status, text } = await answerFront(state, servedSitePath, request);
      context.out(`${status}\n${text.trimEnd()}`);
    });
}

/** What comes in, up to what a request may hold. */
async function requestText(): Promise<string> {
  let said = '';
  for await (const part of process.stdin.setEncoding('utf8')) {
    said += part;
    if (said.length > 200_000) break;
  }
  return said;
}
