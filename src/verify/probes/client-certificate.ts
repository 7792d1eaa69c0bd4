import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import type { ProbeFunction } from '../probe.ts';
import { issuer } from './certificate.ts';

const day = 86_400_000;

/** TLS Web Client Authentication, and any purpose (RFC 5280 §4.2.1.12). */
const forClients = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

/** The certificate in a file is for clients, and valid now and for so many days more. */
export const clientCertificate: ProbeFunction<'client-certificate'> = ({ file, minDays }, context) =>
  attempting(context, async () => {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(await readFile(file));
    } catch (error) {
      const { code, message: reason } = error as NodeJS.ErrnoException;
      return broken(message('seen.partner.client.unreadable', { reason: `${file}: ${code ?? reason}` }));
    }
    const [since, until] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
    const now = context.now();
    const days = Math.floor((until.getTime() - now.getTime()) / day);
    const date = (at: Date) => at.toISOString().slice(0, 10);
    if (now > until) return broken(message('seen.certificate.expired', { until: date(until) }));
    if (now < since) return broken(message('seen.certificate.future', { since: date(since) }));
    if (certificate.keyUsage?.length > 0 && !certificate.keyUsage.some((oid) => forClients.includes(oid)))
      return broken(message('seen.partner.client.purpose'));
    if (days < minDays)
      return broken(message('seen.certificate.soon', { days, until: date(until), minDays }));
    const seen = {
      days,
      until: date(until),
      serial: certificate.serialNumber,
      issuer: issuer(certificate.toLegacyObject()),
    };
    return kept(message('seen.partner.client', seen));
  });
