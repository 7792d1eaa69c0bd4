import type { Message } from './message.ts';

/** Where a proof was made from. */
export interface Vantage {
  readonly name: string;
  /** The machine of the description that it is, by its name there; only then promises made to that machine are tried. */
  readonly host?: string;
  /** Connect here instead of resolving names, as `curl --connect-to`; only for names that lead nowhere yet. */
  readonly address?: string;
}

/** What was observed of one promise. */
export interface Evidence {
  readonly expectation: string;
  readonly about: string;
  readonly promise: Message;
  readonly held: boolean;
  readonly seen: Message;
  /** A few lines of what came over the wire; never a secret. */
  readonly excerpt?: string;
  readonly vantage: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly milliseconds: number;
}
