import type { Command } from 'commander';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { certAsk } from './cert/ask.ts';
import { certAuthority } from './cert/authority.ts';
import { certChain } from './cert/chain.ts';
import { certDoctor } from './cert/doctor.ts';
import { certHandshake } from './cert/handshake.ts';
import { certInspect } from './cert/inspect.ts';
import { certIssue } from './cert/issue.ts';
import { certList } from './cert/list.ts';
import { certMatch } from './cert/match.ts';
import { certRenew } from './cert/renew.ts';
import { certRevoke } from './cert/revoke.ts';

/**
 * `poterne cert`: certificates. Subcommands load what reads certificates in their actions: it takes longer than most of what
 * the others do.
 */
export function cert(context: Context): Command {
  const made = command(context, 'cert', 'cert.about', [
    'cert inspect fullchain.pem --purpose server --name example.fr',
    'cert list',
    'cert issue alice@example.fr --for client --format p12',
    'cert revoke alice@example.fr --reason key-compromise',
    'cert inspect example.fr:443',
    'cert match server.key fullchain.pem',
    'cert chain fullchain.pem --ca root.pem',
    'cert handshake api.example.fr:443 --cert client.pem --key client.key',
    'cert doctor erp.example.fr',
  ])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions();
  for (const make of [
    certInspect,
    certMatch,
    certChain,
    certHandshake,
    certDoctor,
    certList,
    certIssue,
    certRenew,
    certRevoke,
    certAuthority,
  ])
    made.addCommand(make(context));
  made.addCommand(certAsk(context), { hidden: true });
  return made;
}
