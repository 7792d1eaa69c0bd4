import { type Command, Option } from 'commander';
import type { Purpose } from '../../../doctor/judged.ts';
import { chainJson, chainLine, showReport } from '../../cert-view.ts';
import { type CommonOptions, command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { onOthers, othersOf } from './handshake.ts';

interface ChainOptions extends CommonOptions {
  readonly ca?: string;
  readonly purpose?: Purpose;
  readonly name?: string;
  readonly crl?: readonly string[];
  readonly fetch?: boolean;
  readonly fetchPrivate?: boolean;
}

/** `poterne cert chain`: from a certificate up to an authority, and what OpenSSL says of it. */
export function certChain(context: Context): Command {
  const { t } = context;
  const made = command(context, 'chain', 'cert.chain.about', [
    'cert chain fullchain.pem',
    'cert chain client.pem --ca partner-root.pem --purpose client',
    'cert chain cert.pem --fetch',
  ])
    .usage(t('cert.chain.usage'))
    .argument('<certificate>', t('cert.match.certificate'))
    .option('--ca <file>', t('cert.option.ca'))
    .addOption(new Option('--purpose <purpose>', t('cert.option.purpose')).choices(['client', 'server']))
    .option('--name <name>', t('cert.option.name'));
  return onOthers(made, context).action(async (file: string, options: ChainOptions) => {
    const { inspectFile } = await import('../../../doctor/inspect.ts');
    const { judgeVerdict, opensslVerdict } = await import('../../../doctor/verdict.ts');
    const { ca, purpose, name } = options;
    const asked = {
      ...(ca === undefined ? {} : { ca }),
      ...(purpose === undefined ? {} : { purpose }),
      ...(name === undefined ? {} : { name }),
    };
    const {
      found,
      chain,
      fetched = [],
    } = await inspectFile(file, { now: new Date(), ...othersOf(options), ...asked });
    const verdict = chain && (await opensslVerdict(file, asked));
    const pem = fetched.map(({ x509 }) => x509.toString());
    process.exitCode = showReport(
      context,
      {
        what: file,
        found: [...(verdict && ca !== undefined ? judgeVerdict(verdict, found) : []), ...found],
        details: [
          ...(chain ? [chainLine(context, chain)] : []),
          ...(verdict ? [['cert.fact.verify', `verify ${verdict.number} (${verdict.text})`] as const] : []),
          ...pem.map((text) => ['cert.fact.fetched', text.trimEnd()] as const),
        ],
        json: chain ? { chain: chainJson(chain), openssl: verdict, fetched: pem } : {},
      },
      options.json,
    );
  });
}
