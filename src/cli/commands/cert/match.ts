import type { Command } from 'commander';
import { showReport } from '../../cert-view.ts';
import { type CommonOptions, command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { keySource } from '../../passphrase.ts';

interface MatchOptions extends CommonOptions {
  readonly passphraseFile?: string;
}

/** `poterne cert match`: whether a private key belongs to a certificate. */
export function certMatch(context: Context): Command {
  const { t } = context;
  return command(context, 'match', 'cert.match.about', [
    'cert match server.key fullchain.pem',
    'cert match client.key client.pem --passphrase-file /etc/ssl/private/passphrase',
  ])
    .usage(t('cert.match.usage'))
    .argument('<key>', t('cert.match.key'))
    .argument('<certificate>', t('cert.match.certificate'))
    .option('--passphrase-file <file>', t('cert.option.passphrase'))
    .action(async (key: string, certificate: string, options: MatchOptions) => {
      const { matchFiles } = await import('../../../doctor/match.ts');
      const { found, facts } = await matchFiles(keySource(context, key, options.passphraseFile), certificate);
      process.exitCode = showReport(
        context,
        {
          ...{ what: `${key}, ${certificate}`, found, healthy: 'cert.verdict.matching' },
          details: facts
            ? [
                ['cert.fact.subject', facts.subject],
                ['cert.fact.key', facts.wanted],
                ['cert.fact.matches', facts.key],
                ['cert.fact.belongs', t(`cert.fact.belongs.${facts.belongs ? 'yes' : 'no'}`)],
              ]
            : [],
          json: facts ?? {},
        },
        options.json,
      );
    });
}
