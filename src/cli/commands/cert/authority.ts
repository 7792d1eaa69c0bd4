import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type RevocationReason, revocationReasons } from '../../../model/authority.ts';
import { Fault } from '../../../model/fault.ts';
import { message } from '../../../model/message.ts';
import type { CertificateStanding, Standing } from '../../../pki/authority/offline.ts';
import { askAuthority } from '../../authority-at.ts';
import { requireFree, secretFor, writeSecret } from '../../cert-files.ts';
import { command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { exit } from '../../exit.ts';
import { keySource } from '../../passphrase.ts';
import { type GatewayOptions, gatewayCommand } from '../../reach.ts';
import { table } from '../../table.ts';

interface ExportOptions extends GatewayOptions {
  readonly remove?: boolean;
  readonly passphraseFile?: string;
}

interface ReplaceOptions extends GatewayOptions {
  readonly reason: RevocationReason;
}

/** `poterne cert authority`: how Poterne's own authority stands, and taking its root off the machine and back. */
export function certAuthority(context: Context): Command {
  const { t } = context;
  const made = gatewayCommand(context, 'authority', 'cert.authority.about', [
    'cert authority',
    'cert authority export /media/stick/root.key --remove',
    'cert authority import /media/stick/root.key',
  ])
    .usage(t('cert.authority.usage'))
    .helpCommand(false)
    .action(async (options: GatewayOptions) => {
      const standing = await askAuthority(context, options, { verb: 'standing' });
      if (options.json) context.out(JSON.stringify(standing));
      else show(context, standing);
    });
  made.addCommand(exporting(context));
  made.addCommand(importing(context));
  made.addCommand(replacing(context));
  return made;
}

function show(context: Context, standing: Standing): void {
  const { t, out, err } = context;
  const row = (role: 'root' | 'issuing', { subject, until, key }: CertificateStanding) => [
    t(`cert.authority.${role}`),
    subject,
    until.slice(0, 10),
    t(`cert.authority.key.${key}`),
  ];
  const head = (['role', 'subject', 'until', 'key'] as const).map((column) => t(`cert.authority.${column}`));
  const { root, issuing, limits, policy } = standing;
  out(table(head, [row('root', root), ...(issuing ? [row('issuing', issuing)] : [])]));
  out('');
  out(t('cert.authority.fingerprint', { fingerprint: root.fingerprint }));
  if (standing.signs === 'root') out(t('cert.authority.flat'));
  const names = [...(limits?.names ?? []), ...(limits?.networks ?? [])].join(', ');
  if (limits) out(t('cert.authority.limits', { names: names || '–' }));
  if (
    limits &&
    policy &&
    JSON.stringify([limits.names, limits.networks]) !== JSON.stringify([policy.names, policy.networks])
  )
    err(t('cert.authority.waits', { names: [...policy.names, ...policy.networks].join(', ') }));
  if (policy?.base) out(t('cert.authority.published', { base: policy.base }));
  out(t('cert.authority.counts', { issued: standing.issued, revoked: standing.revoked }));
  out(t('cert.authority.machine-key', { file: standing.machineKey }));
  if (root.key === 'unencrypted' || issuing?.key === 'unencrypted') err(t('cert.authority.unencrypted'));
}

function exporting(context: Context): Command {
  const { t, out, err } = context;
  return command(context, 'export', 'cert.authority.export.about', [
    'cert authority export /media/stick/root.key --remove',
  ])
    .argument('<file>', t('cert.authority.export.file'))
    .option('--remove', t('cert.authority.export.remove'))
    .option('--passphrase-file <file>', t('cert.issue.passphrase'))
    .action(async (file: string, _: unknown, made: Command) => {
      const options = made.optsWithGlobals<ExportOptions>();
      const place = resolve(file);
      await requireFree(place);
      const secret = await secretFor(options.passphraseFile);
      const { decryptKey, encryptKey } = await import('../../../pki/at-rest.ts');
      const { machineKey } = await import('../../../pki/machine-key.ts');
      const { key, folder } = await askAuthority(context, options, { verb: 'root-take' });
      const object = decryptKey(key, (await machineKey(folder)) ?? '', 'root.key');
      const sealed = encryptKey(object, secret.text);
      await writeSecret(place, sealed);
      // As it will be read one day: before the one here is gone.
      decryptKey(await readFile(place, 'utf8'), secret.text, place);
      // Said before the key is removed: that may be refused, or nobody may hear how it ended.
      if (!options.json) out(t('cert.authority.exported', { file: place }));
      if (secret.shown) err(t('cert.issue.passphrase.shown', { passphrase: secret.text }));
      else err(t('cert.issue.passphrase.file', { file: secret.file ?? '' }));
      const removed = options.remove
        ? await askAuthority(context, options, { verb: 'root-remove' })
        : undefined;
      if (options.json)
        out(JSON.stringify({ file: place, ...(removed ? { removed: true, until: removed.until } : {}) }));
      else if (removed) out(t('cert.authority.removed', { until: removed.until.slice(0, 10) }));
    });
}

function importing(context: Context): Command {
  const { t, out } = context;
  return command(context, 'import', 'cert.authority.import.about', [
    'cert authority import /media/stick/root.key',
    'cert authority import /media/stick/root.key --passphrase-file root.pass',
  ])
    .argument('<file>', t('cert.authority.import.file'))
    .option('--passphrase-file <file>', t('cert.option.passphrase'))
    .action(async (file: string, _: unknown, made: Command) => {
      const options = made.optsWithGlobals<ExportOptions>();
      const { decryptKey, encryptKey } = await import('../../../pki/at-rest.ts');
      const { machineKey } = await import('../../../pki/machine-key.ts');
      const pem = await readFile(file, 'utf8').catch((cause) => {
        throw new Fault('authority.root.file', { file, reason: cause.code ?? String(cause) }, { cause });
      });
      const passphrase = await keySource(context, file, options.passphraseFile).passphrase();
      const object = decryptKey(pem, passphrase ?? '', file);
      const { folder } = await askAuthority(context, options, { verb: 'standing' });
      const secret = await machineKey(folder);
      if (secret === undefined)
        throw new Fault('authority.unlockable', {}, { next: message('authority.unlockable.next') });
      const standing = await askAuthority(context, options, {
        verb: 'root-bring',
        key: encryptKey(object, secret),
      });
      if (options.json) out(JSON.stringify(standing));
      else out(t('cert.authority.imported'));
    });
}

function replacing(context: Context): Command {
  const { t, out, err } = context;
  return command(context, 'replace-issuing', 'cert.authority.replace.about', [
    'cert authority replace-issuing --reason key-compromise',
  ])
    .addOption(
      new Option('--reason <reason>', t('cert.revoke.reason', { values: revocationReasons.join(', ') }))
        .choices(revocationReasons)
        .makeOptionMandatory(),
    )
    .action(async (_: unknown, made: Command) => {
      const options = made.optsWithGlobals<ReplaceOptions>();
      const { reason } = options;
      const answer = await askAuthority(context, options, { verb: 'replace-issuing', reason });
      const { worthless, standing, gateway } = answer;
      if (options.json) out(JSON.stringify(answer));
      else {
        out(t('cert.authority.replaced', { subject: standing.issuing?.subject ?? '' }));
        for (const { name, serial, until } of worthless)
          out(t('cert.authority.worthless', { name, serial, until: until.slice(0, 10) }));
        err(t(`cert.revoke.gateway.${gateway}`));
      }
      if (gateway === 'failed') process.exitCode = exit.failed;
    });
}
