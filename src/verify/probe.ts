import type { Vantage } from '../model/evidence.ts';
import type { Probe, ShownCertificate } from '../model/expectation.ts';
import type { Message } from '../model/message.ts';
import type { Network } from './network/network.ts';

/** A client certificate with its chain, and its key, in PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Where probes get client certificates from: by the TLS configuration that asks for them; `undefined` where none can be had, the reason
 * where the one that there is would prove nothing.
 */
export type ClientCertificates = (
  configuration: string,
  kind: Exclude<ShownCertificate, 'none'>,
) => Promise<ClientCertificate | { readonly reason: Message } | undefined>;

/** Where and how a probe is made. */
export interface ProbeContext {
  readonly vantage: Vantage;
  /** The vantage's names and network: everything that a probe does over the network goes through it. */
  readonly network: Network;
  /** PEM certificates trusted besides the system's roots, e.g. Poterne's own CA. */
  readonly authorities: readonly string[];
  /** The same with Poterne's own: for certificates that it issued. */
  readonly internalAuthorities: readonly string[];
  /** The client certificates that there are here. */
  readonly clients?: ClientCertificates;
  /** By which the gateway knows an attack that it is asked to refuse from those of visitors. */
  readonly mark?: string;
  /** Milliseconds that one probe may take in all. */
  readonly timeout: number;
  /** Ends the probe at once, with everything it opened. */
  readonly signal?: AbortSignal;
  readonly now: () => Date;
}

/** What a probe saw. */
export interface Outcome {
  readonly held: boolean;
  readonly seen: Message;
  /** A few printable lines of what came over the wire, without cookies and secrets. */
  readonly excerpt?: string;
}

/** Tries one kind of promise. Never throws and never hangs: every error of the network becomes an `Outcome`. */
export type ProbeFunction<K extends Probe['kind']> = (
  probe: ProbeOf<K>,
  context: ProbeContext,
) => Promise<Outcome>;

export type ProbeOf<K extends Probe['kind']> = Extract<Probe, { kind: K }>;
