import type { CertificateKeyType } from '../../model/acme.ts';
import type { Message } from '../../model/message.ts';

/** A stretch of time, in milliseconds since 1970. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Our account at an authority. */
export interface Account {
  readonly directory: string;
  /** What the authority calls it: the `kid` of its requests. */
  readonly url: string;
  /** Of the account's key (RFC 7638): the answer to any HTTP-01 token is `TOKEN.THUMBPRINT`. */
  readonly thumbprint: string;
}

/** The certificate that is wanted. */
export interface Wish {
  /** In lower case, ASCII; `*.example.fr` for a wildcard. */
  readonly names: readonly string[];
  readonly keyType: CertificateKeyType;
  /** The common name of an issuer in the chain that is preferred, when the authority offers several. */
  readonly chain?: string;
  /** One of the authority's profiles, e.g. `shortlived`. */
  readonly profile?: string;
  /** The certificate (PEM) that it takes the place of (RFC 9773 §5). */
  readonly replaces?: string;
}

/** What was obtained, in PEM. */
export interface Obtained {
  /** The certificate and its intermediates, in order. */
  readonly certificate: string;
  readonly key: string;
}

/** One name's proof, as the authority asks for it. */
export interface Proof {
  /** The name, without `*.`. */
  readonly name: string;
  readonly token: string;
  /** `TOKEN.THUMBPRINT` (RFC 8555 §8.1). */
  readonly keyAuthorization: string;
}

/** Shows the authority that names are ours. */
export interface Solver {
  readonly type: 'http-01' | 'dns-01';
  /** Puts the proof where the authority looks, and waits until it can be seen there. Throws a fault otherwise. */
  present(proof: Proof, signal: AbortSignal): Promise<void>;
  /** Takes it away again, whatever became of it. */
  withdraw(proof: Proof): Promise<void>;
}

/** What goes on, told while it does. */
export type Tell = (message: Message) => void;

/** What the authority says about when a certificate should be renewed (ARI, RFC 9773). */
export interface Advice {
  readonly window: Span;
  /** Where it says why, when it does. */
  readonly explanation?: string;
  /** Not to be asked again before, in milliseconds since 1970. */
  readonly again: number;
}

/** What is remembered of the attempts to get one certificate: what `nextTry` decides by. */
export interface Attempts {
  /** Since the last success. */
  readonly failures: number;
  /** When the last one failed, in milliseconds since 1970. */
  readonly last: number;
  /** Not before, says the authority (`Retry-After`). */
  readonly notBefore?: number;
  /** What it failed on, as a fault's code and values. */
  readonly fault: Message;
}
