import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openAudit } from '../../audit/log.ts';
import { serverEngines } from '../../engines/index.ts';
import type { Site } from '../../model/site.ts';
import type { Store } from '../../store/store.ts';
import { forgetVerdicts } from '../entry/verdict-cache.ts';
import { activeManifest } from '../gateway.ts';
import { openSiteStore } from '../state-store.ts';
import type { CutGround } from './cutting.ts';
import { shareCut, shareRestored } from './sharing.ts';

/** The stores of sites: kept open by the daemon, opened for each use by a command. */
export interface Stores {
  readonly use: <T>(site: Site, work: (store: Store) => Promise<T>) => Promise<T>;
}

/** Where cuts are made: the state folder of this machine's gateway, as it is served now. */
export async function groundOf(state: string, stores: Stores = eachTime(state)): Promise<CutGround> {
  const site = await servedSite(state);
  const shared = async (work: (store: Store, site: Site) => Promise<void>): Promise<void> => {
    if (site?.store) await stores.use(site, (store) => work(store, site));
  };
  return {
    state,
    site,
    forgetVerdicts: () => forgetVerdicts(state),
    endSessions: async (user) => {
      if (!site?.signIn) return 0;
      const { name } = site;
      return (await stores.use(site, ({ sessions }) => sessions.end(name, { user }, 'cut'))).length;
    },
    share: (cut) => shared((store, of) => shareCut(state, of, store, cut)),
    unshare: (cut, at) => shared((store, of) => shareRestored(of, store, cut, at)),
    audit: () => openAudit(state),
  };
}

/** Milliseconds that a locked database may hold a cut up. */
const patience = 1000;

const eachTime = (state: string): Stores => ({
  async use(site, work) {
    const store = await openSiteStore(state, site, patience);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  },
});

/** A store that stays open until it fails, or another one is meant. */
export function openStores(state: string): Stores & { close(): Promise<void> } {
  let kept: { readonly of: string; readonly store: Promise<Store> } | undefined;
  const close = async () => {
    const before = kept;
    kept = undefined;
    await (await before?.store.catch(() => undefined))?.close();
  };
  return {
    close,
    async use(site, work) {
      const of = JSON.stringify(site.store ?? null);
      if (kept && kept.of !== of) await close();
      kept ??= { of, store: openSiteStore(state, site, patience) };
      try {
        return await work(await kept.store);
      } catch (error) {
        await close().catch(() => undefined);
        throw error;
      }
    },
  };
}

const read = new Map<string, { readonly link: string; readonly site: Site | undefined }>();

/** What is served; read again when it is another configuration. */
async function servedSite(state: string): Promise<Site | undefined> {
  const links = serverEngines.map(({ name }) => readlink(join(state, name, 'current')).catch(() => ''));
  const link = (await Promise.all(links)).join(' ');
  const before = read.get(state);
  if (before?.link === link) return before.site;
  const site = (await activeManifest(state))?.site;
  read.set(state, { link, site });
  return site;
}
