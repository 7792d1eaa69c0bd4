import { chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Site } from '../model/site.ts';
import { readSecret } from '../secrets/read.ts';
import { openSharedStore, openStore, type Store } from '../store/store.ts';
import { denied } from './denied.ts';

/**
 * Works with the store of a state folder, which is made the first time; no gateway is needed. Stays the account that it is, since
 * ssh's keys are that account's. Throws `state.denied` and `store.unusable`.
 */
export async function withStore<T>(state: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await open(state).catch((cause: unknown) => {
    throw denied(state, cause) ?? cause;
  });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The same with the store of a site: the one that its gateways share, where it has one. Throws `store.*` and `secret.*` too. */
export async function withSiteStore<T>(
  state: string,
  site: Pick<Site, 'store'>,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  if (!site.store) return withStore(state, work);
  const store = await openSiteStore(state, site);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Opens the store of a site; `patience` as of `openStore`. */
export async function openSiteStore(
  state: string,
  { store }: Pick<Site, 'store'>,
  patience?: number,
): Promise<Store> {
  if (!store)
    return open(state, patience).catch((cause: unknown) => {
      throw denied(state, cause) ?? cause;
    });
  const { password } = store.postgres;
  return openSharedStore(store.postgres, password && (() => readSecret(password)));
}

async function open(state: string, patience?: number): Promise<Store> {
  await mkdir(state, { recursive: true, mode: 0o755 });
  const store = await openStore(state, patience);
  // The account that runs a gateway there could not open what root leaves.
  if (process.getuid?.() === 0) {
    const { uid, gid } = await stat(state);
    await chown(join(state, 'poterne.db'), uid, gid);
  }
  return store;
}
