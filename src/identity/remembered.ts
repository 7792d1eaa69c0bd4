import type { CredentialStore } from '../store/credentials.ts';
import type { KeptDevice } from '../store/factors.ts';
import { ownerOf } from './owner.ts';
import { hashOf, isSecretOf, newId, newSecret } from './secrets.ts';
import type { Strength, User } from './types.ts';

/** A device as its owner sees it. */
export type ShownDevice = Pick<KeptDevice, 'id' | 'agent' | 'made' | 'used' | 'expires'>;

/** Devices that gave a second factor, and are not asked again for the described time: by a cookie of the portal. */
export interface Remembered {
  /** The value of the cookie, which is kept nowhere, and when it ends. */
  remember(
    user: User,
    milliseconds: number,
    agent: string,
  ): Promise<{ readonly cookie: string; readonly expires: Date }>;
  /**
   * Whether the cookie is this person's: on somebody else's device nobody is remembered. For no longer than is described now, whatever was
   * when it was made.
   */
  isRemembered(user: User, cookie: string, milliseconds: number): Promise<Strength | undefined>;
  devices(user: User): Promise<readonly ShownDevice[]>;
  /** All of them, or one; how many there were. */
  forgetDevices(user: User, id?: string): Promise<number>;
}

/** Opens the remembered devices. */
export function openRemembered(needs: { credentials(): CredentialStore; now(): Date }): Remembered {
  return {
    async remember(user, milliseconds, agent) {
      const [id, secret, now] = [newId(), newSecret(), needs.now()];
      const expires = new Date(now.getTime() + milliseconds);
      const times = { made: now, used: now, expires };
      await needs
        .credentials()
        .addDevice({ id, owner: ownerOf(user), hash: hashOf(secret), agent: agent.slice(0, 400), ...times });
      return { cookie: `${id}.${secret}`, expires };
    },
    async isRemembered(user, cookie, milliseconds) {
      const [, id, secret] = /^([\w-]{16})\.([\w-]{43})$/.exec(cookie) ?? [];
      if (!id || !secret) return undefined;
      const device = await needs.credentials().device(id);
      if (!device || device.owner !== ownerOf(user) || !isSecretOf(secret, device.hash)) return undefined;
      const age = needs.now().getTime() - device.made.getTime();
      // One that is made in the future was made by a clock that went wrong.
      if (device.expires <= needs.now() || age >= milliseconds || age < -60_000) return undefined;
      await needs.credentials().noteDevice(id, needs.now());
      return { factor: 'remembered', at: needs.now() };
    },
    async devices(user) {
      const kept = await needs.credentials().devices(ownerOf(user), needs.now());
      return kept.map(({ id, agent, made, used, expires }) => ({ id, agent, made, used, expires }));
    },
    forgetDevices: (user, id) => needs.credentials().forgetDevices(ownerOf(user), id),
  };
}
