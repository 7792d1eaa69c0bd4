import type { Vantage } from './evidence.ts';
import type { Message } from './message.ts';
import type { Pointer } from './pointer.ts';

/** How to arrive at the gateway: what every probe over the network needs. */
export interface Door {
  /** The name to ask for. */
  readonly name: string;
  readonly port: number;
  /** The door expects a PROXY protocol header first. */
  readonly proxyProtocol: boolean;
  /** The CIDR blocks that it opens to: on all others it hangs up before TLS. Absent: it opens to everyone. */
  readonly from?: readonly string[];
  /** The TLS configuration of which a right client certificate is shown there, by name. */
  readonly client?: string;
}

/** The client certificates that proofs may show; `impostor` is of an authority that only calls itself like the right one. */
export const shownCertificates = ['none', 'right', 'impostor', 'expired', 'revoked'] as const;
export type ShownCertificate = (typeof shownCertificates)[number];

/** What a probe tries; one kind a file in `src/verify/probes/`. */
export type Probe =
  /**
   * The name resolves; when `addresses` are given, to one or more of these and to nothing else (the public answer and the
   * internal one differ, say); when `port` is given, every address of it accepts connections there.
   */
  | {
      readonly kind: 'resolves';
      readonly name: string;
      readonly addresses?: readonly string[];
      readonly port?: number;
    }
  | { readonly kind: 'listens'; readonly door: Door }
  /** Each of these addresses of one machine accepts connections on the port. */
  | { readonly kind: 'connects'; readonly addresses: readonly string[]; readonly port: number }
  /** None of these addresses accepts connections on the port: refused, silent and out of reach are all the same. */
  | { readonly kind: 'refuses-connection'; readonly addresses: readonly string[]; readonly port: number }
  /** Of all TCP ports that are tried on these addresses of one machine, none accepts connections but those of `open`. */
  | {
      readonly kind: 'scan';
      readonly addresses: readonly string[];
      /** Ports that may accept connections. Whether they do, another promise says. */
      readonly open: readonly number[];
      readonly tried: readonly PortRange[];
    }
  /** Chain to a trusted root (the system's, or Poterne's own CA), name, and days left. */
  | {
      readonly kind: 'certificate';
      readonly door: Door;
      readonly minDays: number;
      /** For one that may live shortly: this share of its lifetime is enough where it is less than `minDays`. */
      readonly minShare?: number;
      /** It was issued by Poterne's own authority, which nobody else's certificate may come from. */
      readonly internal?: boolean;
    }
  /** These TLS versions are refused and at least one of `accepted` is taken. */
  | {
      readonly kind: 'tls-versions';
      readonly door: Door;
      readonly refused: readonly TlsVersion[];
      readonly accepted: readonly TlsVersion[];
    }
  /** Plain http is answered by a redirect to exactly this URL. */
  | { readonly kind: 'redirects'; readonly door: Door; readonly path: string; readonly to: string }
  /**
   * The application answers over https. `status` undefined: anything but an error of the gateway itself; `headers`
   * without status and content: whatever comes back, as long as it has these headers.
   */
  | {
      readonly kind: 'answers';
      readonly door: Door;
      readonly path: string;
      readonly status?: number;
      readonly contains?: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** CIDR blocks that are let in; from elsewhere the promise is a refusal with 403. */
      readonly from?: readonly string[];
    }
  /** A server-sent event arrives before the response ends. */
  | {
      readonly kind: 'streams';
      readonly door: Door;
      readonly path: string;
      readonly from?: readonly string[];
    }
  /** A WebSocket opens, and an answer to `send` holds `contains`. */
  | {
      readonly kind: 'echoes';
      readonly door: Door;
      readonly path: string;
      readonly send: string;
      readonly contains: string;
      readonly from?: readonly string[];
    }
  /** Whoever shows this client certificate is refused by the gateway itself, or let in when it is the right one. */
  | {
      readonly kind: 'asks-client';
      readonly door: Door;
      readonly path: string;
      readonly configuration: string;
      readonly shown: ShownCertificate;
      readonly from?: readonly string[];
    }
  /** Whoever has not signed in gets nothing of the service: the gateway itself refuses. */
  | {
      readonly kind: 'asks-sign-in';
      readonly door: Door;
      readonly path: string;
      readonly from?: readonly string[];
    }
  /** An attack is refused by the gateway itself: its web application firewall works. */
  | {
      readonly kind: 'waf-refuses';
      readonly door: Door;
      readonly path: string;
      readonly from?: readonly string[];
    }
  /** A browser in which nobody has signed in is led to the portal, which is at this origin. */
  | {
      readonly kind: 'leads-to-portal';
      readonly door: Door;
      readonly path: string;
      readonly portal: string;
      readonly from?: readonly string[];
    }
  /** A name nobody published (or no name at all: `sni` undefined) is refused in the TLS handshake. */
  | { readonly kind: 'refuses-handshake'; readonly door: Door; readonly sni?: string }
  /** A Host header nobody published gets no content: over http, or over https under a published name. */
  | {
      readonly kind: 'refuses-host';
      readonly door: Door;
      readonly scheme: 'http' | 'https';
      readonly host: string;
    }
  /** A call of a partner through the gateway is answered by the partner; `status` undefined: whatever it says. */
  | {
      readonly kind: 'partner-answers';
      readonly addresses: readonly string[];
      readonly port: number;
      readonly path: string;
      readonly status?: number;
    }
  /** A call of a partner is refused: by the gateway with 403, or by no connection at all. */
  | {
      readonly kind: 'partner-refuses';
      readonly addresses: readonly string[];
      readonly port: number;
      readonly path: string;
    }
  /**
   * A partner's own certificate: TLS 1.2 or later, chain to `ca` (a PEM file; the system's roots without), name, days left,
   * and one of the pinned keys in the chain, when there are any.
   */
  | {
      readonly kind: 'partner-certificate';
      readonly door: Door;
      readonly name: string;
      readonly ca?: string;
      /** What is shown to it (PEM files), where they can be read: a partner may tell nobody else who it is. */
      readonly shown?: { readonly certificate: string; readonly key: string };
      readonly pins: readonly string[];
      readonly minDays: number;
    }
  /** The certificate in this file is for clients, and valid now and for `minDays` more. */
  | { readonly kind: 'client-certificate'; readonly file: string; readonly minDays: number };

/** Ports from the first to the last, both included. */
export type PortRange = readonly [first: number, last: number];

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** A promise that the description makes, and how to see whether it holds. */
export interface Expectation {
  /** Stable and unique in a plan, e.g. `house.localhost/zm/#answers`. */
  readonly id: string;
  /** The publication's name, or `gateway` for what concerns all of them. */
  readonly about: string;
  readonly promise: Message;
  readonly because: Pointer;
  readonly probe: Probe;
  /** The described machines from which it is promised, by name; left out: wherever one stands. */
  readonly vantages?: readonly string[];
}

/** Whether an expectation is a promise made to whoever stands at this vantage. */
export function promisedAt({ vantages }: Expectation, { host }: Vantage): boolean {
  return vantages === undefined || (host !== undefined && vantages.includes(host));
}
