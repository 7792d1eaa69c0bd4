import type { User } from './types.ts';

/**
 * Whose credentials are somebody's, for good: what the source says stays the same, else their id. A guest, or somebody of a directory, who
 * has the name of another before them does not have their passkeys.
 */
export function ownerOf({ id, source, stable }: Pick<User, 'id' | 'source' | 'stable'>): string {
  return stable === undefined ? id : `${source}:${stable}`;
}

/** Whether what was noted with an owner is somebody's; what was noted without one, before owners were, is theirs by its name. */
export const isTheirs = ({ owner }: { readonly owner?: string }, of: string): boolean =>
  owner === undefined || owner === of;
