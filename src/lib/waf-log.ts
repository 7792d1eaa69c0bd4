import { type WafMode, wafModes } from '../model/waf.ts';

/**
 * What Poterne adds to each transaction in the log of the web application firewall, in a rule of phase 5 that matches when any
 * other with a severity did: ModSecurity itself does not say which publication was asked for.
 *
 *     SecRule HIGHEST_SEVERITY "@lt 255" "id:10009,phase:5,pass,t:none,log,auditlog,msg:'Poterne',logdata:'ID MODE IN IN-THRESHOLD OUT OUT-THRESHOLD UNFINISHED'"
 */
export const wafSummary = { rule: 10_009, message: 'Poterne' } as const;

/**
 * By this the gateway's own questions are known, which it asks to see that the firewall refuses: a header, and the rule that says so in the log.
 * By the header's value it is judged as visitors are, or strictly: blocked also where visitors would not be.
 */
export const wafCanary = {
  header: 'X-Poterne-Canary',
  asVisitors: 'as-visitors',
  strictly: 'strictly',
  rule: 10_021,
  message: 'Poterne asks itself',
} as const;

/** What the summary of a transaction tells. */
export interface WafSummary {
  /** Id of the publication. */
  readonly publication: string;
  readonly mode: WafMode;
  readonly inbound: number;
  readonly inboundThreshold: number;
  readonly outbound: number;
  readonly outboundThreshold: number;
  /** So much was found that not all rules were asked. */
  readonly isUnfinished?: boolean;
}

/** The `logdata` of the summary: each an id, a number, or a macro of SecLang (`%{tx.…}`). */
export function wafSummaryData(
  words: {
    readonly [name in keyof WafSummary]: string | number;
  },
): string {
  const { publication, mode, inbound, inboundThreshold, outbound, outboundThreshold } = words;
  const { isUnfinished = '' } = words;
  return [publication, mode, inbound, inboundThreshold, outbound, outboundThreshold, isUnfinished].join(' ');
}

/** What such a text says; nothing when it is another. A score that was never set is empty, and 0. */
export function parseWafSummary(data: string): WafSummary | undefined {
  const found = /^([\w.-]+) (\w+) (\d*) (\d+) (\d*) (\d+)(?: (1?))?$/.exec(data);
  if (!found) return undefined;
  const [, publication = '', mode = '', ...numbers] = found.slice(0, 7);
  if (!(wafModes as readonly string[]).includes(mode)) return undefined;
  const [inbound = 0, inboundThreshold = 0, outbound = 0, outboundThreshold = 0] = numbers.map(Number);
  return {
    publication,
    mode: mode as WafMode,
    ...{ inbound, inboundThreshold, outbound, outboundThreshold },
    ...(found[7] === '1' ? { isUnfinished: true } : {}),
  };
}

/**
 * Rules that do not look at the request but add up what the others found, and refuse from a threshold on (CRS: 949 and 959), or
 * tell of the sums (980): an exclusion of one of these would switch the firewall off.
 */
export const isSumRule = (rule: number): boolean =>
  (rule >= 949_000 && rule < 950_000) ||
  (rule >= 959_000 && rule < 960_000) ||
  (rule >= 980_000 && rule < 981_000);
