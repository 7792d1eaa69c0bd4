import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry } from '../audit/entry.ts';
import type { Message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { openStore, type Store } from '../store/store.ts';
import { openFactors } from './factors.ts';
import { openPeople } from './people.ts';
import type { User } from './types.ts';

/** People and their factors on a real store, at a time that the test chooses. */
export async function identityHere(described: Partial<Site> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-identity-'));
  const store: Store = await openStore(folder);
  const clock = { now: new Date('2026-11-26T10:00:00Z') };
  const audit: AuditEntry[] = [];
  const told: { user: string; email: string | undefined; text: Message }[] = [];
  const site = {
    ...{ name: 'maison', timezone: 'Europe/Paris', language: 'en' },
    people: [
      { name: 'alice', title: 'Alice Martin', keys: [], groups: ['staff'], pointer: '/people/alice' },
      { name: 'bob', keys: [], groups: [], until: '2026-11-25', pointer: '/people/bob' },
    ],
    ...described,
  } as unknown as Site;
  const needs = {
    site: () => site,
    credentials: () => store.credentials(site.name),
    seal: async () => 'a secret that lies elsewhere and is long',
    audit: async (entry: AuditEntry) => void audit.push(entry),
    tell: async (user: User, text: Message) => void told.push({ user: user.id, email: user.email, text }),
    now: () => clock.now,
  };
  return {
    ...{ folder, store, clock, audit, told, needs, site },
    people: openPeople(needs),
    factors: openFactors(needs),
    later: (milliseconds: number) => {
      clock.now = new Date(clock.now.getTime() + milliseconds);
    },
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
