import { once } from 'node:events';
import type { Command } from 'commander';
import { supervise } from '../../daemon/supervise.ts';
import { type CommonOptions, commandOnFile } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { type Described, readDescription } from '../description.ts';
import { showFault } from '../errors.ts';
import { stepTeller } from '../steps.ts';
import { withGateway } from '../with-gateway.ts';

/** `poterne up`: the gateway of this machine in the foreground. */
export function up(context: Context): Command {
  return commandOnFile(context, 'up', 'up.about', ['up', 'up /etc/poterne/site.yaml']).action(
    async (file: string, options: CommonOptions) => {
      const ending = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const)
        process.once(signal, () => {
          context.err(context.t('up.ending'));
          ending.abort();
        });
      let read: Described | undefined;
      await withGateway(stateFolder(options.state, process.env), (gateway) =>
        supervise(gateway, {
          async describe() {
            read = await readDescription(context, file);
            read.show(read.findings);
            return read.site;
          },
          tell: stepTeller(context),
          report: (findings) => read?.show(findings),
          fail: (fault) => showFault(context, fault, read),
          ready: () => context.err(context.t('up.ready')),
          signal: ending.signal,
          reload: async () => void (await once(process, 'SIGHUP')),
        }),
      );
    },
  );
}
