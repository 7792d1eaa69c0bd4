import { readFile } from 'node:fs/promises';
import { styleText } from 'node:util';
import { type Command, Option } from 'commander';
import { sealingKey } from '../../fleet/archive/key.ts';
import { publicKeyIn } from '../../fleet/archive/signature.ts';
import { type Trust, type Verified, verifyArchive } from '../../fleet/archive/verify.ts';
import { parseSize, shortSize } from '../../lib/size.ts';
import { message } from '../../model/message.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, controllerFolder } from '../context.ts';
import { endWith } from '../errors.ts';
import { exit, WrongRequest } from '../exit.ts';
import { liveView } from '../live.ts';
import { progressLine } from '../run-send.ts';
import { onlySubcommand } from '../subcommand.ts';

interface VerifyOptions extends CommonOptions {
  readonly key?: string;
  readonly most: string;
}

/** `poterne run verify`: whether an archive is what was sealed, and by whom; offline, unpacking nothing. */
export function runVerify(context: Context): Command {
  const { t } = context;
  return command(context, 'verify', 'run.verify.about', [
    'run verify poterne-run-20260102-030405-a1b2.tar.gz',
    'run verify archive.tar.gz --key SHA256:5Q1HXNARAbbMYaRkPzBwinoHlPhCjiDqO1iSQxXMN1E',
    'run verify archive.tar.gz --key poterne-run.pub --json',
  ])
    .usage(t('run.verify.usage'))
    .argument('<file>', t('run.verify.file'))
    .option('--key <key>', t('run.verify.key'))
    .addOption(new Option('--most <size>', t('run.verify.most')).default('20GB'))
    .action(async (file: string, options: VerifyOptions, made: Command) => {
      try {
        onlySubcommand(made);
        const progress = { bytes: 0 };
        const live = options.json ? undefined : liveView(context, () => [progressLine(context, progress)]);
        const trust = await trustOf(options);
        const verified = await verifyArchive(file, trust, progress).finally(() => live?.end());
        if (options.json) context.out(JSON.stringify({ file, ...verified }));
        else show(context, file, verified);
        process.exitCode = verified.ok ? exit.done : exit.failed;
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    });
}

async function trustOf({ key, most: written, state }: VerifyOptions): Promise<Trust> {
  const most = parseSize(written);
  if (most === undefined) throw wrong('--most', written, '--most 100GB');
  const own = await sealingKey(controllerFolder(state, process.env)).catch((error: NodeJS.ErrnoException) => {
    // Somebody else's key on this machine is not ours.
    if (error.code === 'EACCES') return undefined;
    throw error;
  });
  const trust: Trust = { most, ...(own ? { own: own.public } : {}) };
  if (key === undefined) return trust;
  if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(key)) return { ...trust, named: { fingerprint: key } };
  const text = await readFile(key, 'utf8').catch(({ message: reason }: Error) => {
    throw new WrongRequest('run.file', { file: key, reason }, { next: message('run.file.next') });
  });
  const named = publicKeyIn(text);
  if (!named) throw wrong('--key', key, '--key SHA256:… , --key poterne-run.pub');
  return { ...trust, named: { key: named } };
}

function show(context: Context, file: string, verified: Verified): void {
  const { t, out, err, colour } = context;
  const { ok, signature, fingerprint = '', files, bytes, flaws, told } = verified;
  const style = (good: boolean, text: string) => (colour ? styleText(good ? 'green' : 'red', text) : text);
  if (told) {
    const { run, site, script, counts, begun } = told;
    const params = { run, site: site.name, script: script.name, begun, ok: counts.ok, hosts: counts.hosts };
    out(t('run.verify.told', params));
    if (told.state === 'interrupted') out(t('run.verify.interrupted', { unfinished: counts.unfinished }));
  }
  for (const { path, is } of flaws.slice(0, 100)) err(`${style(false, t(`run.verify.${is}`))}: ${path}`);
  if (flaws.length > 100) err(t('run.verify.more', { count: flaws.length - 100 }));
  if (flaws.length === 0) out(t('run.verify.files', { files, size: shortSize(bytes) }));
  const isKnown = signature === 'ours' || signature === 'named';
  (isKnown ? out : err)(style(isKnown, t(`run.verify.signature.${signature}`, { fingerprint })));
  if (signature === 'unknown')
    err(t('cli.next', { text: t('run.verify.signature.unknown.next', { file, fingerprint }) }));
  (ok ? out : err)(style(ok, t(ok ? 'run.verify.ok' : 'run.verify.wrong', { file })));
}

function wrong(option: string, value: string, example: string): WrongRequest {
  return new WrongRequest('run.option', { option, value }, { next: message('run.option.next', { example }) });
}
