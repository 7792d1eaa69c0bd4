import { Document, isMap, type YAMLMap } from 'yaml';
import type { Finding, Severity } from '../../model/finding.ts';

/** A host as another inventory has it. Values are as written there: describe says which the description cannot have. */
export interface ImportedHost {
  readonly name: string;
  /** Where it stands there, from 1. */
  readonly line: number;
  readonly addresses: readonly string[];
  readonly zone?: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** Absent for a machine that is not administered over SSH. */
  readonly ssh?: ImportedSsh;
}

export interface ImportedSsh {
  readonly user?: string;
  readonly port?: number | string;
  readonly via?: string;
  readonly 'host-key'?: string;
}

/** What was read of another inventory, hosts in its order, and what is wrong or was left out, with places. */
export interface Imported {
  readonly hosts: readonly ImportedHost[];
  readonly findings: readonly Finding[];
}

/** Reads an inventory. `file` is what findings call it. */
export type Importer = (text: string, file: string) => Imported;

/** A finding about a line of an inventory. */
export function lineFinding(
  severity: Severity,
  code: Finding['code'],
  params: Finding['params'],
  at: { readonly file: string; readonly line: number; readonly column?: number },
): Finding {
  return { severity, code, params, at: { length: 1, column: 1, ...at } };
}

/** A number as the description has one, or the text as it is, which describe then refuses. */
export function portOf(text: string): number | string {
  return /^\d{1,5}$/.test(text) ? Number(text) : text;
}

/**
 * A file to include in a description. Each host that is reached over SSH says `firewall: false`: that somebody wants to run
 * commands on their servers says nothing about having their firewalls replaced.
 */
export function descriptionOf(hosts: readonly ImportedHost[], comment: string): string {
  const entries = new Map(hosts.map((host) => [host.name, entryOf(host)]));
  const document = new Document(new Map([['hosts', entries]]));
  document.commentBefore = comment.replace(/^/gm, ' ');
  const map = document.get('hosts') as YAMLMap;
  for (const { value } of map.items) if (isMap(value)) value.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function entryOf({ name, addresses, zone, roles, groups, ssh }: ImportedHost): Map<string, unknown> {
  // Without an address, ssh takes the name for one; the description says so.
  const [address = ssh && name] = addresses;
  const pairs: [string, unknown][] = [
    ['address', addresses.length > 1 ? addresses : address],
    ['zone', zone],
    ['roles', roles.length > 0 ? roles : undefined],
    ['groups', groups.length > 0 ? groups : undefined],
    ['ssh', ssh],
    ['firewall', ssh ? false : undefined],
  ];
  return new Map(pairs.filter(([, value]) => value !== undefined));
}
