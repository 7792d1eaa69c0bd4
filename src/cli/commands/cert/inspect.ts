import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Chain } from '../../../doctor/chain.ts';
import type { Diagnosis } from '../../../doctor/diagnosis.ts';
import type { Purpose } from '../../../doctor/judged.ts';
import { chainJson, chainLine, type Detail, factLines, showReport } from '../../cert-view.ts';
import { command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { shakeDetails, shakeJson } from '../../handshake-view.ts';
import { keySource } from '../../passphrase.ts';
import { onServer, othersOf, type ServerOptions, serverQuestion } from './handshake.ts';

interface InspectOptions extends ServerOptions {
  readonly purpose?: Purpose;
  readonly key?: string;
  readonly passphraseFile?: string;
}

/** `poterne cert inspect`: what a certificate says, and what is wrong with it. */
export function certInspect(context: Context): Command {
  const { t } = context;
  const made = command(context, 'inspect', 'cert.inspect.about', [
    'cert inspect fullchain.pem --purpose server --name example.fr',
    'cert inspect client.pem --purpose client --key client.key',
    'cert inspect example.fr:443',
  ])
    .usage(t('cert.inspect.usage'))
    .argument('<what>', t('cert.inspect.what'))
    .addOption(new Option('--purpose <purpose>', t('cert.option.purpose')).choices(['client', 'server']))
    .option('--name <name>', t('cert.option.name'))
    .option('--key <file>', t('cert.option.key'))
    .option('--ca <file>', t('cert.option.ca'))
    .option('--passphrase-file <file>', t('cert.option.passphrase'));
  return onServer(made, context).action(async (what: string, options: InspectOptions) => {
    process.exitCode = await ((await isServer(what)) ? inspectServer : inspectOne)(context, what, options);
  });
}

/** A server and its port, unless a file is called so. */
async function isServer(what: string): Promise<boolean> {
  const { parseServer } = await import('../../../doctor/handshake/reach.ts');
  return parseServer(what) !== undefined && !existsSync(what);
}

async function inspectServer(context: Context, what: string, options: InspectOptions): Promise<number> {
  const { examineServer } = await import('../../../doctor/handshake/index.ts');
  const question = await serverQuestion(what, options);
  const report = await examineServer(question);
  // That it wants a client's certificate is no fault of its own.
  const found = report.found.filter(({ code }) => !code.startsWith('cert.tls.required'));
  const { shake, chain } = report;
  return show(context, what, options, {
    ...{ found, now: question.now },
    ...(chain ? { chain } : {}),
    details: shake?.version === undefined ? shakeDetails(context, report) : [],
    json: shakeJson(report),
  });
}

async function inspectOne(context: Context, what: string, options: InspectOptions): Promise<number> {
  const { inspectFile } = await import('../../../doctor/inspect.ts');
  const { ca, purpose, name, key } = options;
  const now = new Date();
  const inspection = await inspectFile(what, {
    now,
    ...othersOf(options),
    ...(ca === undefined ? {} : { ca }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(name === undefined ? {} : { name }),
    ...(key === undefined ? {} : { key: keySource(context, key, options.passphraseFile) }),
  });
  return show(context, what, options, { ...inspection, now, details: [], json: {} });
}

interface Seen {
  readonly found: readonly Diagnosis[];
  readonly chain?: Chain;
  readonly now: Date;
  readonly details: readonly Detail[];
  readonly json: object;
}

async function show(
  context: Context,
  what: string,
  { json: asJson }: InspectOptions,
  seen: Seen,
): Promise<number> {
  const { factsOf } = await import('../../../doctor/certificate.ts');
  const { purposeNames } = await import('../../../doctor/judged.ts');
  const { judgeOwnClock } = await import('../../../doctor/clock.ts');
  const { chain, now, details, json } = seen;
  const found = [...seen.found, ...(await judgeOwnClock(seen.found))];
  const leaf = chain?.path[0];
  const usages = leaf?.extendedKeyUsage ? purposeNames(leaf.extendedKeyUsage) : '';
  return showReport(
    context,
    {
      ...{ what, found },
      details: [
        ...details,
        ...(chain && leaf ? [...factLines(context, leaf, now, usages), chainLine(context, chain)] : []),
      ],
      json: { ...(chain && leaf ? { certificate: factsOf(leaf), chain: chainJson(chain) } : {}), ...json },
    },
    asJson,
  );
}
