import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../lib/digest.ts';

/** The file, below a state folder, that is there as long as a user is cut off. */
export const userCutFile = (user: string): string => `cut/users/${sha256(user).slice(0, 32)}`;

/** Whether a user is cut off now: neither signs in, nor is let in. */
export const isUserCut = (state: string, user: string): boolean => existsSync(join(state, userCutFile(user)));
