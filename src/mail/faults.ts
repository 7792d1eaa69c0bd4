import type { Code } from '../i18n/en.ts';
import { isUntrusted } from '../lib/untrusted.ts';
import { Fault } from '../model/fault.ts';
import type { Mail, Smtp } from '../model/mail.ts';
import { message, type Params } from '../model/message.ts';

/** What nodemailer's errors have. */
interface SmtpError extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/** The faults that a later attempt may find gone without anybody doing anything. */
const passing: readonly Code[] = ['mail.unreachable', 'mail.busy'];

/** Whether it is worth trying again by itself. */
export function mayPass({ code }: Fault): boolean {
  return passing.includes(code);
}

/** What came back, in the server's own words. */
export function reasonOf(error: unknown): string {
  const { response, message: text } = error as SmtpError;
  return (response ?? text).replace(/\s+/g, ' ').trim().slice(0, 500);
}

/** An error of a mail server, or of the way to it, as a fault that says what to do. */
export function faultOf({ smtp, from }: Mail, to: readonly string[], error: unknown): Fault {
  if (error instanceof Fault) return error;
  const { code = '', command = '', responseCode = 0 } = error as SmtpError;
  const server = `${smtp.host}:${smtp.port}`;
  const reason = reasonOf(error);
  const fault = (as: FaultCode, params: Params = {}) => {
    const all = {
      server,
      reason,
      from: from.address,
      to: to.join(', '),
      user: smtp.login?.user ?? '',
      ...params,
    };
    return new Fault(as, all, { cause: error, pointer: smtp.pointer, next: message(`${as}.next`, all) });
  };
  if (isUntrusted(error)) return fault('mail.certificate');
  // OpenSSL found something else than TLS, or none of its versions that we take.
  if (code === 'ETLS' || /SSL routines|EPROTO/.test(`${code} ${reason}`)) return fault('mail.tls');
  if (responseCode === 552 || /\b5\.3\.4\b/.test(reason)) return fault('mail.large');
  if (responseCode >= 400 && responseCode < 500) return fault('mail.busy');
  if (code === 'EAUTH' || code === 'ENOAUTH') return fault('mail.login.refused');
  if (code === 'EENVELOPE') {
    // Most servers refuse a sender once they are told whom the letter is for (Postfix: smtpd_delay_reject).
    const isSender =
      /^MAIL/.test(command) || (reason.includes(from.address) && !to.some((each) => reason.includes(each)));
    return fault(isSender ? 'mail.sender.refused' : 'mail.recipient.refused');
  }
  if (responseCode >= 500) return fault('mail.refused');
  if (
    /^(?:ECONNECTION|ESOCKET|ETIMEDOUT|EDNS|EPROTOCOL|ECONN\w+|EHOST\w+|ENET\w+|ENOTFOUND|EAI_AGAIN)$/.test(
      code,
    )
  )
    return fault('mail.unreachable');
  return fault('mail.refused');
}

type FaultCode =
  | 'mail.certificate'
  | 'mail.tls'
  | 'mail.large'
  | 'mail.busy'
  | 'mail.login.refused'
  | 'mail.sender.refused'
  | 'mail.recipient.refused'
  | 'mail.refused'
  | 'mail.unreachable';

/** The authority's file cannot be read. */
export function caFault({ ca = '', pointer }: Smtp, { code, message: text }: NodeJS.ErrnoException): Fault {
  const params = { file: ca, reason: code ?? text };
  return new Fault('mail.ca', params, { pointer, next: message('mail.ca.next', params) });
}
