import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type KeyType, keyTypes, type Purpose, purposes } from '../../../model/authority.ts';
import { message } from '../../../model/message.ts';
import type { CertificateRecord } from '../../../pki/authority/ledger.ts';
import { askAuthority } from '../../authority-at.ts';
import { requireFree, type Secret, secretFor, writeSecret } from '../../cert-files.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { type GatewayOptions, gatewayCommand } from '../../reach.ts';

/** A certificate of before, which is no authority's. */
type Renewed = CertificateRecord & { readonly purpose: Purpose };

interface IssueOptions extends GatewayOptions {
  readonly for?: Purpose;
  readonly csr?: string;
  readonly san: readonly string[];
  readonly days?: string;
  readonly keyType: KeyType;
  readonly format: 'pem' | 'p12' | 'p12-aes';
  readonly out?: string;
  readonly passphraseFile?: string;
  readonly renew?: boolean;
  readonly force?: boolean;
}

/** Browsers and phones refuse longer ones of servers, also of authorities that were added by hand. */
const longestServer = 825;
const longestClient = 1095;
const defaultDays = { server: 365, both: 365, client: 365 } as const;

/** `poterne cert issue`: a certificate of Poterne's own authority, for a server, a person or a machine. */
export function certIssue(context: Context): Command {
  const { t } = context;
  return gatewayCommand(context, 'issue', 'cert.issue.about', [
    'cert issue alice@example.fr --for client --format p12',
    'cert issue erp-interne --for server --san erp.lan --san 10.0.0.15',
    'cert issue imprimante --for server --csr imprimante.csr --san imprimante.lan',
    'cert issue alice@example.fr --renew --format p12 --passphrase-file alice.pass',
  ])
    .usage(t('cert.issue.usage'))
    .argument('<name>', t('cert.issue.name'))
    .addOption(
      new Option('--for <purpose>', t('cert.issue.for', { values: purposes.join(', ') })).choices(purposes),
    )
    .option('--csr <file>', t('cert.issue.csr'))
    .option('--san <name>', t('cert.issue.san'), (value: string, all: string[]) => [...all, value], [])
    .option('--days <number>', t('cert.issue.days'))
    .addOption(
      new Option('--key-type <type>', t('cert.issue.key', { values: keyTypes.join(', ') }))
        .choices(keyTypes)
        .default('ecdsa-p256'),
    )
    .addOption(
      new Option('--format <format>', t('cert.issue.format'))
        .choices(['pem', 'p12', 'p12-aes'])
        .default('pem'),
    )
    .option('--out <file>', t('cert.issue.out'))
    .option('--passphrase-file <file>', t('cert.issue.passphrase'))
    .option('--renew', t('cert.issue.renew'))
    .option('--force', t('cert.issue.force'))
    .action((name: string, options: IssueOptions) => issue(context, name, options));
}

async function issue(context: Context, name: string, options: IssueOptions): Promise<void> {
  const { t, out, err } = context;
  const { format, csr: csrFile } = options;
  if (!/^[\p{L}\p{N}][\p{L}\p{N} .@_+'-]{0,63}$/u.test(name))
    throw new WrongRequest('cert.issue.name.form', { name });
  if (csrFile !== undefined && format !== 'pem') throw new WrongRequest('cert.issue.csr.format', {});
  const { readCsr } = await import('../../../pki/authority/csr.ts');
  const csr = csrFile === undefined ? undefined : await readCsr(await readRequest(csrFile), csrFile);
  const before = options.renew ? await latest(context, options, name) : undefined;
  const purpose = options.for ?? before?.purpose;
  if (purpose === undefined) throw new WrongRequest('cert.issue.for.missing', {});
  const names = wantedNames(name, purpose, options.san, before?.names ?? []);
  if (csr && options.san.length === 0) requireAgreed(csr.names, names);
  const days = daysOf(options.days, purpose, before);
  const place = resolve(
    options.out ?? `${name.replaceAll(/[^\w.@-]+/g, '_')}.${format === 'pem' ? 'pem' : 'p12'}`,
  );
  const keyPlace = csr || format !== 'pem' ? undefined : place.replace(/(\.(pem|crt))?$/, '.key');
  if (!options.force) for (const file of [place, keyPlace]) if (file) await requireFree(file);
  // Before anything is signed: what cannot be told to anybody would be a certificate for nobody.
  const secret = format === 'pem' ? undefined : await secretFor(options.passphraseFile);
  const { makeKeyOf } = await import('../../../pki/authority/keys.ts');
  const key = csr ? undefined : await makeKeyOf(options.keyType);
  const publicKey = (csr?.publicKey ?? createPublicKey(key ?? '')).export({ type: 'spki', format: 'pem' });
  const { certificate, record } = await askAuthority(context, options, {
    ...{ verb: 'certify', name, purpose, names, days, publicKey: publicKey as string },
  });
  const keyPem = key?.export({ type: 'pkcs8', format: 'pem' }) as string | undefined;
  if (secret && key) {
    const { sealPkcs12 } = await import('../../../pki/authority/pkcs12.ts');
    const sealing = format === 'p12-aes' ? 'aes' : 'compatible';
    await writeSecret(place, await sealPkcs12({ key, certificate }, name, secret.text, sealing));
  } else {
    if (keyPem !== undefined && keyPlace) await writeSecret(keyPlace, keyPem);
    await writeSecret(place, certificate);
  }
  if (options.json) out(JSON.stringify(asJson(record, place, keyPlace, secret)));
  else {
    out(
      t('cert.issue.done', {
        name,
        purpose: t(`cert.purpose.word.${purpose}`),
        until: record.until.slice(0, 10),
        serial: record.serial,
      }),
    );
    out(t('cert.issue.file', { file: place }));
    if (keyPlace) out(t('cert.issue.key.file', { file: keyPlace }));
  }
  if (secret?.shown) err(t('cert.issue.passphrase.shown', { passphrase: secret.text }));
  else if (secret) err(t('cert.issue.passphrase.file', { file: secret.file ?? '' }));
  const made = csr ? 'csr' : format === 'pem' ? 'pem' : 'p12';
  if (!options.json) err(t('cli.next', { text: t(`cert.issue.next.${made}`) }));
}

function asJson(
  record: CertificateRecord,
  file: string,
  key: string | undefined,
  secret: Secret | undefined,
): object {
  return {
    ...record,
    file,
    ...(key === undefined ? {} : { key }),
    ...(secret?.file === undefined ? {} : { passphraseFile: secret.file }),
  };
}

async function readRequest(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const params = { file, reason };
    throw new WrongRequest('cert.csr.form', params, { cause, next: message('cert.csr.form.next', params) });
  }
}

/** The newest certificate of a name, whatever became of it. Throws `cert.revoke.unknown`. */
async function latest(context: Context, options: GatewayOptions, name: string): Promise<Renewed> {
  const { records } = await askAuthority(context, options, { verb: 'records' });
  const found = records.filter((each) => each.name === name && each.who !== 'poterne').at(-1);
  if (found && found.purpose !== 'authority') return { ...found, purpose: found.purpose };
  throw new WrongRequest(
    'cert.revoke.unknown',
    { what: name },
    { next: message('cert.revoke.unknown.next') },
  );
}

/** Whoever made a request may have written anybody's name into it: that is for the one who signs to say. Throws `cert.csr.names`. */
function requireAgreed(asked: readonly string[], agreed: readonly string[]): void {
  const others = asked.filter((each) => !agreed.includes(each));
  if (others.length === 0) return;
  const params = { names: others.join(', '), words: others.map((each) => `--san ${each}`).join(' ') };
  throw new WrongRequest('cert.csr.names', params, { next: message('cert.csr.names.next', params) });
}

/** The alternative names: those asked for, else those of before; for a server without, its own name. */
function wantedNames(
  name: string,
  purpose: Purpose,
  asked: readonly string[],
  others: readonly string[],
): readonly string[] {
  const names = asked.length > 0 ? asked.map(sanOf) : others;
  if (names.length > 0 || purpose === 'client') {
    // A person's address tells programs who it is.
    return names.length === 0 && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(name) ? [`email:${name}`] : names;
  }
  return [sanOf(name)];
}

/** One alternative name as it is written. Throws `cert.issue.san`. */
function sanOf(text: string): string {
  const [, kind, value = ''] = /^(?:(dns|ip|email|uri):)?(.*)$/i.exec(text) ?? [];
  const type = kind?.toLowerCase();
  if (type === 'uri' && URL.canParse(value)) return `uri:${value}`;
  if ((type === 'email' || (!type && value.includes('@'))) && /^[!-~]+@[!-~]+$/.test(value))
    return `email:${value}`;
  if ((type === 'ip' || !type) && isIP(value)) return value;
  const isDns = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
  if ((type === 'dns' || !type) && value.length <= 253 && isDns.test(value)) return value.toLowerCase();
  throw new WrongRequest(
    'cert.issue.san.form',
    { value: text },
    { next: message('cert.issue.san.form.next') },
  );
}

function daysOf(
  written: string | undefined,
  purpose: Purpose,
  before: CertificateRecord | undefined,
): number {
  const most = purpose === 'client' ? longestClient : longestServer;
  if (written === undefined) {
    if (!before) return defaultDays[purpose];
    return Math.max(1, Math.round((Date.parse(before.until) - Date.parse(before.at)) / 86_400_000));
  }
  const days = Number(written);
  if (!Number.isInteger(days) || days < 1 || days > most)
    throw new WrongRequest('cert.issue.days.form', { value: written, most });
  return days;
}
