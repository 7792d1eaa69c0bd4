import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import type { ClientTls } from '../model/tls.ts';
import type { Files } from './files.ts';

/** TLS Web Client Authentication, and any purpose (RFC 5280, 4.2.1.12). */
const forClients = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

const day = 86_400_000;

/** With less than this left, a certificate that somebody must renew by hand is spoken of. */
const soon = 30;

/**
 * What is wrong with the files of certificates that are shown to partners: a partner would refuse them, and say little. Files that
 * cannot be read from here may be readable where the gateway is: that is a warning.
 */
export async function clientFileFindings(
  configurations: readonly ClientTls[],
  files: Files,
  now: Date,
): Promise<readonly Finding[]> {
  const found = await Promise.all(configurations.map((one) => findingsOf(one, files, now)));
  return found.flat();
}

type Code = Finding['code'];

async function findingsOf({ shows, pointer }: ClientTls, files: Files, now: Date): Promise<Finding[]> {
  if (shows.kind !== 'files') return [];
  const findings: Finding[] = [];
  const report = (at: 'certificate' | 'key', code: Code, params: Finding['params'], hint?: Code) => {
    const severity = code.endsWith('.unreadable') || code.endsWith('.expiring') ? 'warning' : 'error';
    findings.push({
      severity,
      code,
      params,
      pointer: `${pointer}/${at}`,
      ...(hint ? { hint: message(hint) } : {}),
    });
  };
  const read = async (at: 'certificate' | 'key') => {
    try {
      return await files.read(shows[at]);
    } catch (error) {
      const { code, message: reason } = error as NodeJS.ErrnoException;
      report(at, 'client-certificate.unreadable', { file: shows[at], reason: code ?? reason });
      return undefined;
    }
  };
  const [certificateText, keyText] = await Promise.all([read('certificate'), read('key')]);
  const certificate = certificateText === undefined ? undefined : parsed(certificateText);
  if (certificateText !== undefined && !certificate)
    report('certificate', 'client-certificate.form', { file: shows.certificate });
  if (certificate) judge(certificate);
  const key = keyText === undefined ? undefined : keyOf(keyText);
  if (certificate && key && !certificate.checkPrivateKey(key))
    report(
      'key',
      'client-certificate.mismatch',
      { key: shows.key, certificate: shows.certificate },
      'client-certificate.mismatch.hint',
    );
  return findings;

  function judge(shown: X509Certificate): void {
    const file = shows.kind === 'files' ? shows.certificate : '';
    // Node's `keyUsage` is the extended one; absent, nothing is excluded.
    if (shown.keyUsage?.length > 0 && !shown.keyUsage.some((oid) => forClients.includes(oid)))
      report('certificate', 'client-certificate.purpose', { file }, 'client-certificate.purpose.hint');
    const [from, to] = [new Date(shown.validFrom), new Date(shown.validTo)];
    const days = Math.floor((to.getTime() - now.getTime()) / day);
    const until = to.toISOString().slice(0, 10);
    if (now > to) report('certificate', 'client-certificate.expired', { file, until });
    else if (now < from)
      report('certificate', 'client-certificate.future', { file, since: from.toISOString().slice(0, 10) });
    else if (days < soon && days * 3 * day < to.getTime() - from.getTime())
      report(
        'certificate',
        'client-certificate.expiring',
        { file, until, days },
        'client-certificate.expiring.hint',
      );
  }

  /** The key, unless it is encrypted: the passphrase is read where the key is used, and nowhere else. */
  function keyOf(text: string): KeyObject | undefined {
    const { key: file, passphrase } = shows as Extract<typeof shows, { kind: 'files' }>;
    // RFC 7468, 11, and the older form of RFC 1421.
    if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
      if (!passphrase)
        report('key', 'client-certificate.passphrase', { file }, 'client-certificate.passphrase.hint');
      return undefined;
    }
    try {
      return createPrivateKey(text);
    } catch (error) {
      report('key', 'client-certificate.key', { file, reason: (error as Error).message });
      return undefined;
    }
  }
}

function parsed(text: string): X509Certificate | undefined {
  try {
    return /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text) ? new X509Certificate(text) : undefined;
  } catch {
    return undefined;
  }
}
