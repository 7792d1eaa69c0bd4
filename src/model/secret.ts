import type { Pointer } from './pointer.ts';

/** Where a secret is: the secret itself stands in no description, plan, log or argument list. */
export interface SecretRef {
  /** Absolute path of a file that only the account which uses it may read. */
  readonly file: string;
  readonly pointer: Pointer;
}
