import { type Command, Option } from 'commander';
import type { Purpose } from '../../../doctor/judged.ts';
import { chainJson, chainLine, factLines, showReport } from '../../cert-view.ts';
import { type CommonOptions, command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { keySource } from '../../passphrase.ts';

interface InspectOptions extends CommonOptions {
  readonly purpose?: Purpose;
  readonly name?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly passphraseFile?: string;
}

/** `poterne cert inspect`: what a certificate says, and what is wrong with it. */
export function certInspect(context: Context): Command {
  const { t } = context;
  return command(context, 'inspect', 'cert.inspect.about', [
    'cert inspect fullchain.pem --purpose server --name example.fr',
    'cert inspect client.pem --purpose client --key client.key',
  ])
    .usage(t('cert.inspect.usage'))
    .argument('<what>', t('cert.inspect.what'))
    .addOption(new Option('--purpose <purpose>', t('cert.option.purpose')).choices(['client', 'server']))
    .option('--name <name>', t('cert.option.name'))
    .option('--key <file>', t('cert.option.key'))
    .option('--ca <file>', t('cert.option.ca'))
    .option('--passphrase-file <file>', t('cert.option.passphrase'))
    .action(async (what: string, options: InspectOptions) => {
      const { inspectFile } = await import('../../../doctor/inspect.ts');
      const { factsOf } = await import('../../../doctor/certificate.ts');
      const { purposeNames } = await import('../../../doctor/judged.ts');
      const now = new Date();
      const { ca, purpose, name, key } = options;
      const { found, chain } = await inspectFile(what, {
        now,
        ...(ca === undefined ? {} : { ca }),
        ...(purpose === undefined ? {} : { purpose }),
        ...(name === undefined ? {} : { name }),
        ...(key === undefined ? {} : { key: keySource(context, key, options.passphraseFile) }),
      });
      const leaf = chain?.path[0];
      const usages = leaf?.extendedKeyUsage ? purposeNames(leaf.extendedKeyUsage) : '';
      process.exitCode = showReport(
        context,
        {
          ...{ what, found },
          details: chain && leaf ? [...factLines(context, leaf, now, usages), chainLine(context, chain)] : [],
          json: chain && leaf ? { certificate: factsOf(leaf), chain: chainJson(chain) } : {},
        },
        options.json,
      );
    });
}
