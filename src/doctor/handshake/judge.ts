import { type Certificate, called } from '../certificate.ts';
import { type Diagnosis, diagnosis } from '../diagnosis.ts';
import type { Shake } from './client.ts';
import type { HttpAnswer } from './http.ts';
import type { Alert } from './messages.ts';

/** What the certificate of a client was refused for, by alert (RFC 8446 §6.2). */
const ofCertificates = new Set([40, 42, 43, 44, 45, 46, 48, 49, 51, 113, 116]);

/** Poterne's page for a certificate that is not accepted (`src/engines/nginx/pages.ts`). */
const refusalTitles = ['<h1>Certificate refused</h1>', '<h1>Certificat refusé</h1>'];

/** What this side brought to the handshake. */
export interface Brought {
  readonly name: string;
  /** The client's certificate and what leads to its authority, if it has one. */
  readonly client?: readonly Certificate[];
  /** What its web server said then, or that it hung up. */
  readonly answer?: HttpAnswer | 'dropped' | undefined;
}

/** What went wrong between two ends, or is not what was meant (RFC 8446, RFC 5246). Pure. */
export function judgeShake(shake: Shake, brought: Brought): readonly Diagnosis[] {
  const refusal = shake.alerts.find(({ from, fatal }) => from === 'server' && fatal);
  if (refusal) return refused(shake, brought, refusal);
  if (shake.version === undefined) return [broken(shake, brought)];
  return [...ofRequest(shake, brought), ...unlisted(shake, brought)];
}

function refused(shake: Shake, { name, client }: Brought, alert: Alert): readonly Diagnosis[] {
  const params = { alert: `${alert.name} (${alert.number})`, accepts: listed(shake.accepts) };
  if (shake.accepts && ofCertificates.has(alert.number)) {
    if (!client || shake.shown?.length === 0) return [diagnosis('error', 'cert.tls.required', params)];
    const [own] = client;
    return [
      diagnosis('error', refusalCode(alert), {
        ...params,
        subject: own ? called(own) : '—',
        issuer: own?.issuer ?? '—',
      }),
      ...unlisted(shake, { name, client }),
    ];
  }
  if (alert.number === 70) return [diagnosis('error', 'cert.tls.protocol', params)];
  if (alert.number === 40 || alert.number === 71) return [diagnosis('error', 'cert.tls.cipher', params)];
  if (alert.number === 112) return [diagnosis('error', 'cert.tls.name', { ...params, name })];
  return [diagnosis('error', 'cert.tls.alert', params)];
}

function refusalCode({ number }: Alert) {
  if (number === 48) return 'cert.tls.refused.authority' as const;
  if (number === 44) return 'cert.tls.refused.revoked' as const;
  if (number === 45) return 'cert.tls.refused.expired' as const;
  return 'cert.tls.refused' as const;
}

function broken({ timedOut, complaint, messages }: Shake, { name }: Brought): Diagnosis {
  if (timedOut) return diagnosis('error', 'cert.tls.timeout');
  if (complaint !== undefined && /unsupported protocol|wrong ssl version|legacy sigalg/.test(complaint))
    return diagnosis('error', 'cert.tls.protocol', { alert: complaint, accepts: '—' });
  // Cut off in the middle, it is the other side's doing.
  const isOurs = messages.length === 0 || messages.some(({ from }) => from === 'server');
  if (complaint !== undefined && isOurs && !/unexpected eof/.test(complaint))
    return diagnosis('error', 'cert.tls.local', { reason: complaint });
  return diagnosis('error', 'cert.tls.hung-up', { name, reason: complaint ?? '—' });
}

/** Whether the server asks for a certificate, and what its web server says of the one that it got. */
function ofRequest({ accepts, shown }: Shake, { client, answer }: Brought): readonly Diagnosis[] {
  const http = answer === 'dropped' ? undefined : answer;
  const params = { accepts: listed(accepts), answer: http ? `${http.status} ${http.reason}` : '—' };
  // nginx ends the handshake in any case, and refuses the request (ngx_http_ssl_module: 495, 496).
  if (http?.status === 400 && /No required SSL certificate was sent/.test(http.body))
    return [diagnosis('error', 'cert.tls.required.http', params)];
  if (http?.status === 400 && /The SSL certificate error/.test(http.body))
    return [
      diagnosis('error', 'cert.tls.refused.http', {
        ...params,
        subject: client?.[0] ? called(client[0]) : '—',
      }),
    ];
  const isShown = shown !== undefined && shown.length > 0;
  if (accepts && http && [401, 403, 495, 496].includes(http.status)) {
    const [own] = client ?? [];
    if (!isShown || !own) return [diagnosis('error', 'cert.tls.required.http', params)];
    const told = { ...params, subject: called(own) };
    // A page says nothing to programs, unless it is Poterne's own; the authorities that it names do.
    return isListed(accepts, client) && !refusalTitles.some((title) => http.body.includes(title))
      ? [diagnosis('warning', 'cert.tls.forbidden', told)]
      : [diagnosis('error', 'cert.tls.refused.http', told)];
  }
  if (answer === 'dropped' && client?.[0] && isShown)
    return [
      diagnosis('error', 'cert.tls.dropped', {
        ...params,
        subject: called(client[0]),
        issuer: client[0].issuer,
      }),
    ];
  if (client && !accepts) return [diagnosis('warning', 'cert.tls.unasked')];
  return [];
}

/** Whether the authorities that the server names have one of ours among them; naming none means any. */
function unlisted({ accepts = [] }: Shake, { client = [] }: Brought): readonly Diagnosis[] {
  const [own] = client;
  if (!own || isListed(accepts, client)) return [];
  return [
    diagnosis('warning', 'cert.tls.unlisted', {
      subject: called(own),
      issuer: own.issuer,
      accepts: listed(accepts),
    }),
  ];
}

function isListed(accepts: readonly string[], client: readonly Certificate[] = []): boolean {
  return accepts.length === 0 || client.some(({ issuer }) => accepts.includes(issuer));
}

function listed(names: readonly string[] | undefined): string {
  if (!names) return '—';
  const shown = names.slice(0, 8).join('; ');
  return names.length > 8 ? `${shown}; … (${names.length})` : shown || '*';
}

/** What a server agreed to that agrees to nothing of today. */
export function judgeOld(
  { version = '?', cipher = '?' }: Shake,
  found: readonly Diagnosis[],
): readonly Diagnosis[] {
  return found.map((each) =>
    each.code === 'cert.tls.protocol' || each.code === 'cert.tls.cipher'
      ? diagnosis('error', 'cert.tls.old', { version, cipher, alert: String(each.params.alert) })
      : each,
  );
}
