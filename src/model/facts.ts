import type { WafRuleSet, WafRulesLack } from './waf.ts';

/** What was read of the gateway's machine before planning, so that planning stays pure. */
export interface Facts {
  /** Absolute folder of each engine's own prefix, by engine name. */
  readonly prefixes: Readonly<Record<string, string>>;
  /** Each engine's version as it tells it, e.g. `{ nginx: '1.22.1' }`; absent when not installed. */
  readonly versions: Readonly<Record<string, string>>;
  /** The account engines drop to when started as root; absent when we are not root. */
  readonly account?: string;
  /** Addresses of each upstream host name; an empty list does not resolve now and never did. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** What is known of certificates over ACME; absent when the site has none. */
  readonly acme?: {
    /** Of the account's key (RFC 7638): with it, any challenge over http is answered. */
    readonly thumbprint: string;
    /** Ids of the certificates that are there; the others are still to be obtained. */
    readonly present: readonly string[];
  };
  /** What there is to look at requests with; absent when no publication has a web application firewall. */
  readonly waf?: {
    /** Whether nginx's module is there. */
    readonly module: boolean;
    readonly rules: WafRuleSet | WafRulesLack;
  };
}

/** Whether version `have` is at least `want`; both dotted numbers, e.g. `1.22.1`. */
export function atLeast(have: string, want: string): boolean {
  const a = have.split('.').map(Number);
  const b = want.split('.').map(Number);
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const d = (a[i] ?? 0) - (b[i] ?? 0);
    if (d !== 0) return d > 0;
  }
  return true;
}
