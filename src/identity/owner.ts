import type { User } from './types.ts';

/**
 * Whose credentials are somebody's, for good: what the source says stays the same, else their id. A guest, or somebody of a directory, who
 * has the name of another before them does not have their passkeys.
 */
export function ownerOf({ id, source, stable }: User): string {
  return stable === undefined ? id : `${source}:${stable}`;
}
