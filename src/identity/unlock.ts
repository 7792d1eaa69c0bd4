import type { CredentialStore } from '../store/credentials.ts';
import { ownerOf } from './owner.ts';
import { hashOf, newSecret } from './secrets.ts';
import type { User } from './types.ts';

/** How long the portal remembers failures, in milliseconds; and so how long it is told that they are forgiven. */
export const failuresLast = 3_600_000;

/** What somebody failed at is forgiven, once. */
export interface Pardon {
  readonly id: string;
  /** The id of a person. */
  readonly person: string;
}

const kind = 'unlock';

/**
 * Forgets what somebody failed at: what is kept of them, and what running portals remember, which look for pardons before they let
 * anybody wait. `person` is their id, `users` those whom it means. False when nothing was kept.
 */
export async function unlock(
  credentials: CredentialStore,
  person: string,
  users: readonly User[],
  now: Date,
): Promise<boolean> {
  let isLocked = false;
  for (const user of users) isLocked = (await credentials.unlock(ownerOf(user))) || isLocked;
  const expires = new Date(now.getTime() + failuresLast);
  await credentials.offer(kind, { hash: hashOf(newSecret()), owner: person, detail: '', expires });
  return isLocked;
}

/** The pardons of now. */
export const pardons = async (credentials: CredentialStore, now: Date): Promise<readonly Pardon[]> =>
  (await credentials.offered(kind, now)).map(({ hash, owner }) => ({ id: hash, person: owner }));
