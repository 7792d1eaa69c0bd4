import type { Command } from 'commander';
import { requireNoDaemon } from '../../daemon/control-socket.ts';
import { stopGateway } from '../../daemon/gateway.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';

/** `poterne stop`: ends the gateway of this machine after the requests in progress. */
export function stop(context: Context): Command {
  return command(context, 'stop', 'stop.about', ['stop', 'stop --state /srv/poterne']).action(
    async (options: CommonOptions) => {
      const state = stateFolder(options.state, process.env);
      // It would start the engine again.
      await requireNoDaemon(state);
      const stopped = await stopGateway(state);
      if (options.json) context.out(JSON.stringify({ stopped }));
      else context.out(context.t(stopped ? 'stop.done' : 'stop.none'));
    },
  );
}
