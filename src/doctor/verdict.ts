import { isIP } from 'node:net';
import { localhost } from '../hosts/local.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';
import type { Purpose } from './judged.ts';

/** OpenSSL's verdict on a certificate: its number and words (`X509_V_…`); 0 is OK. */
export interface Verdict {
  readonly number: number;
  readonly text: string;
}

/** What `openssl verify` says of the first certificate of a file. Throws `host.command.missing`. */
export async function opensslVerdict(
  file: string,
  { ca, untrusted, purpose, name }: { ca?: string; untrusted?: string; purpose?: Purpose; name?: string },
): Promise<Verdict> {
  const { code, stdout, stderr } = await localhost.run(
    [
      ...['openssl', 'verify'],
      ...(ca === undefined ? [] : ['-no-CApath', '-no-CAstore', '-CAfile', ca]),
      ...['-untrusted', file],
      ...(untrusted === undefined ? [] : ['-untrusted', untrusted]),
      ...(purpose === undefined ? [] : ['-purpose', `ssl${purpose}`]),
      ...(name === undefined ? [] : [isIP(name) ? '-verify_ip' : '-verify_hostname', name]),
      file,
    ],
    { timeout: 10_000 },
  );
  if (code === 0) return { number: 0, text: 'ok' };
  const [, number, text] = /^error (\d+) at \d+ depth lookup: (.*)$/m.exec(stdout + stderr) ?? [];
  return { number: Number(number ?? 1), text: text ?? 'unreadable' };
}

/** That OpenSSL refuses what nothing else was found against: it looks at more than is judged here. */
export function judgeVerdict({ number, text }: Verdict, found: readonly Diagnosis[]): readonly Diagnosis[] {
  if (number === 0 || found.some(({ severity }) => severity === 'error')) return [];
  return [diagnosis('error', 'cert.openssl', { number, text })];
}
