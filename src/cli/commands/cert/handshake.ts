import { type Command, Option } from 'commander';
import type { Starttls } from '../../../doctor/handshake/client.ts';
import { message } from '../../../model/message.ts';
import { chainJson, showReport } from '../../cert-view.ts';
import { type CommonOptions, command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { shakeDetails, shakeJson } from '../../handshake-view.ts';
import { keySource } from '../../passphrase.ts';

/** Options of what looks at a server. */
export interface ServerOptions extends CommonOptions {
  readonly name?: string;
  readonly ca?: string;
  readonly starttls?: Starttls;
  readonly pin?: readonly string[];
  readonly timeout?: string;
  readonly crl?: readonly string[];
  readonly fetch?: boolean;
  readonly fetchPrivate?: boolean;
}

interface HandshakeOptions extends ServerOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly passphraseFile?: string;
}

/** `poterne cert handshake`: a full handshake, and who refused what. */
export function certHandshake(context: Context): Command {
  const { t } = context;
  const made = command(context, 'handshake', 'cert.handshake.about', [
    'cert handshake api.example.fr:443',
    'cert handshake api.example.fr:443 --cert client.pem --key client.key --ca partner-root.pem',
    'cert handshake mail.example.fr:25 --starttls smtp',
  ])
    .usage(t('cert.handshake.usage'))
    .argument('<server>', t('cert.handshake.server'))
    .option('--cert <file>', t('cert.option.cert'))
    .option('--key <file>', t('cert.option.client-key'))
    .option('--passphrase-file <file>', t('cert.option.passphrase'))
    .option('--name <name>', t('cert.option.server-name'))
    .option('--ca <file>', t('cert.option.ca'));
  return onServer(made, context).action(async (text: string, options: HandshakeOptions) => {
    const { cert, key, passphraseFile } = options;
    if ((cert === undefined) !== (key === undefined)) {
      const params =
        cert === undefined ? { given: '--key', other: '--cert' } : { given: '--cert', other: '--key' };
      throw new WrongRequest('cert.handshake.pair', params, { next: message('cert.handshake.pair.next') });
    }
    const client =
      cert === undefined || key === undefined
        ? {}
        : { client: { certificate: cert, key: keySource(context, key, passphraseFile) } };
    const { examineServer } = await import('../../../doctor/handshake/index.ts');
    const { judgeOwnClock } = await import('../../../doctor/clock.ts');
    const report = await examineServer({ ...(await serverQuestion(text, options)), ...client });
    process.exitCode = showReport(
      context,
      {
        what: text,
        found: [...report.found, ...(await judgeOwnClock(report.found))],
        details: shakeDetails(context, report),
        json: { ...shakeJson(report), ...(report.chain ? { chain: chainJson(report.chain) } : {}) },
      },
      options.json,
    );
  });
}

/** Adds the options of a connection that both `inspect` and `handshake` take. */
export function onServer(made: Command, context: Context): Command {
  const { t } = context;
  const protocols = [
    'smtp',
    'lmtp',
    'pop3',
    'imap',
    'ftp',
    'xmpp',
    'ldap',
    'postgres',
    'mysql',
    'nntp',
    'sieve',
  ];
  return onOthers(made, context)
    .addOption(
      new Option(
        '--starttls <protocol>',
        t('cert.option.starttls', { protocols: protocols.join(', ') }),
      ).choices(protocols),
    )
    .option('--pin <sha256>', t('cert.option.pin'), several)
    .option('--timeout <seconds>', t('cert.option.timeout'));
}

/** Adds the options of whom else one may ask of certificates. */
export function onOthers(made: Command, { t }: Context): Command {
  return made
    .option('--crl <file>', t('cert.option.crl'), several)
    .option('--fetch', t('cert.option.fetch'))
    .option('--fetch-private', t('cert.option.fetch-private'));
}

function several(one: string, before: readonly string[] = []): readonly string[] {
  return [...before, one];
}

/** Whom else one may ask, from the options. */
export function othersOf({ crl, fetch, fetchPrivate }: ServerOptions) {
  return {
    ...(crl === undefined ? {} : { crls: crl }),
    ...(fetch || fetchPrivate ? { fetching: { private: fetchPrivate === true } } : {}),
  };
}

/** What is asked of a server, from its text and the options. Throws `cert.server.form`, `cert.timeout.form`. */
export async function serverQuestion(text: string, options: ServerOptions) {
  const { name, ca, starttls, pin, timeout } = options;
  const { parseServer } = await import('../../../doctor/handshake/reach.ts');
  const server = parseServer(text);
  if (!server)
    throw new WrongRequest('cert.server.form', { text }, { next: message('cert.server.form.next') });
  return {
    ...{ now: new Date(), server, timeout: secondsOf(timeout) * 1000, ...othersOf(options) },
    ...(name === undefined ? {} : { name }),
    ...(ca === undefined ? {} : { ca }),
    ...(starttls === undefined ? {} : { starttls }),
    ...(pin === undefined ? {} : { pins: pin }),
  };
}

/** The patience that an option asks for. Throws `cert.timeout.form`. */
export function secondsOf(text: string | undefined): number {
  const seconds = text === undefined ? 10 : Number(text);
  if (seconds >= 1 && seconds <= 60) return seconds;
  throw new WrongRequest(
    'cert.timeout.form',
    { text: text ?? '' },
    { next: message('cert.timeout.form.next') },
  );
}
