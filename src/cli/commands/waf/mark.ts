import type { Command } from 'commander';
import { markOf } from '../../../daemon/waf/own.ts';
import { type CommonOptions, command } from '../../command.ts';
import { type Context, stateFolder } from '../../context.ts';
import { exit } from '../../exit.ts';
import { becomeOwner } from '../../with-gateway.ts';

/** Hidden: what `verify` asks of a gateway before it sends an attack, so that the gateway knows it again. */
export function wafMark(context: Context): Command {
  return command(context, 'mark', 'waf.about', []).action(async (options: CommonOptions) => {
    const state = stateFolder(options.state, process.env);
    await becomeOwner(state);
    const mark = await markOf(state);
    if (mark === undefined) process.exitCode = exit.failed;
    else context.out(mark);
  });
}
