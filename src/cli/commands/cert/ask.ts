import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Asked } from '../../../daemon/authority-desk.ts';
import { type CommonOptions, command } from '../../command.ts';
import { type Context, stateFolder } from '../../context.ts';
import { withGateway } from '../../with-gateway.ts';

/** `poterne cert ask`: what the other commands ask of the authority from another account or another machine. */
export function certAsk(context: Context): Command {
  return command(context, 'ask', 'cert.ask.about', ['cert ask -'])
    .argument('<request>', context.t('cert.ask.request'))
    .action(async (request: string, options: CommonOptions) => {
      const { answerAt } = await import('../../../daemon/authority-desk.ts');
      await withGateway(stateFolder(options.state, process.env), async (gateway) => {
        const asked: Asked = JSON.parse(request === '-' ? await text(process.stdin) : request);
        context.out(JSON.stringify(await answerAt(gateway, asked)));
      });
    });
}
