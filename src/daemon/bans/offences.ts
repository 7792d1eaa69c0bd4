import { banNetwork } from '../../lib/bans.ts';
import type { Offence } from '../../model/bans.ts';
import { parseWafEvent } from '../../waf/events.ts';
import type { IsOwn } from '../../waf/own.ts';
import { leftOut } from '../follow-file.ts';

/** Lines of logs that tell of somebody's offences; `undefined` for all others. What people typed is told in a few harmless characters. */

const said = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);

/** Most lines of the access log are none of these: they are not parsed. */
const looked = /"status":(?:429|444),|"bytes":0,"duration":0(?:\.00\d)?,/;

/** nginx's access log: too many requests, those of HTTP/2 that are reset at once (CVE-2023-44487), and names that nobody published. */
export function ofAccess(line: string): Offence | undefined {
  if (!looked.test(line)) return undefined;
  const { time, client, host, method, uri, status, bytes, duration, protocol, limited, known } =
    jsonOf(line) ?? {};
  if (typeof time !== 'string' || typeof client !== 'string') return undefined;
  const at = timeOf(time);
  const name = said(String(host ?? ''));
  if (status === 444) return { kind: 'scans', at, address: client, what: name };
  // What an application answers itself is its own; who is counted by their session is not their whole office; and what all share, one of them used up.
  const isLimited = status === 429 && (limited === 'requests' || limited === 'connections') && !known;
  // Before anything was answered, and sooner than people change their minds.
  const isReset = protocol === 'HTTP/2.0' && bytes === 0 && Number(duration) < 0.01;
  if (!isLimited && !isReset) return undefined;
  return { kind: 'floods', at, address: client, what: `${said(String(method ?? ''))} ${name}${pathOf(uri)}` };
}

/** The error log of those who ask TLS for a name that nobody published (`ssl_reject_handshake`). */
export function ofHandshake(line: string): Offence | undefined {
  // Word by word up to the address: whoever speaks plain http to the port of TLS has their own words further on in a line.
  const found =
    /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) \[\w+\] \d+#\d+: \*\d+ (?:handshake rejected|SSL_do_handshake\(\) failed \(SSL: error:[0-9A-F]+:[\w :]*callback failed\)) while SSL handshaking, client: ([0-9a-f.:]+), /.exec(
      line,
    );
  if (!found) return undefined;
  const [, year, month, day, time, address = ''] = found;
  // nginx writes the machine's own time.
  const at = timeOf(`${year}-${month}-${day}T${time}`);
  return { kind: 'scans', at, address, what: 'TLS' };
}

/** The firewall's log: requests that were blocked. It has the ids of publications, people know their names. */
export function ofWaf(line: string, isOwn?: IsOwn, names?: ReadonlyMap<string, string>): Offence | undefined {
  if (line === '') return undefined;
  const [head = '', tail] = line.split(leftOut);
  const event = parseWafEvent(head, tail, isOwn);
  if (!event?.blocked) return undefined;
  const rules = [...new Set(event.matches.map(({ rule }) => rule))].slice(0, 5).join(' ');
  const { publication: id = '' } = event;
  const what = `${said(names?.get(id) ?? id)}${said(event.path)} ${rules}`.trimEnd();
  return { kind: 'waf', at: event.at.toISOString(), address: event.address, what };
}

/** A sign-in, as the audit log has it. */
export interface SignInSeen {
  readonly offence: Offence;
  readonly who: string;
  readonly isGood: boolean;
  readonly count: number;
}

/** Why somebody was refused who had done nothing wrong. */
const blameless: readonly string[] = ['cut', 'must-change', 'disabled', 'expired', 'locked', 'hours', 'name'];

/** The audit log: sign-ins that failed, and those that did not. */
export function ofAudit(line: string): SignInSeen | undefined {
  if (!line.includes('"sign-in')) return undefined;
  const { what, result, from, at, who, detail } = jsonOf(line) ?? {};
  if ((what !== 'sign-in' && what !== 'sign-in.factor') || typeof from !== 'string' || !banNetwork(from))
    return undefined;
  const why = (detail as { why?: unknown } | undefined)?.why;
  const count = (detail as { count?: unknown } | undefined)?.count;
  if (result !== 'done' && (result !== 'refused' || blameless.includes(String(why)))) return undefined;
  const name = said(String(who ?? ''));
  return {
    offence: {
      kind: 'portal',
      at: timeOf(String(at)),
      address: from,
      what: `${what} ${name}: ${said(String(why ?? ''))}`,
    },
    who: name,
    isGood: result === 'done',
    count: typeof count === 'number' ? Math.min(count, 1000) : 1,
  };
}

function pathOf(uri: unknown): string {
  return said(String(uri ?? '').split('?', 1)[0] ?? '');
}

function timeOf(text: string): string {
  const time = new Date(text);
  return (Number.isNaN(time.getTime()) ? new Date() : time).toISOString();
}

function jsonOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(line);
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
