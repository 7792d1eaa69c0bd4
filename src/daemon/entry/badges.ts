import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { User } from '../../identity/types.ts';
import {
  type Badge,
  badgeMoment,
  badgeMoments,
  badgeName,
  badgesFolder,
  longestName,
  whoPattern,
} from '../../lib/badge.ts';
import { whoText } from './headers.ts';

/**
 * Badges (`src/lib/badge.ts`) as files:
 *
 *   badges/0 … .9 → now         what nginx asks through, each for a moment
 *   badges/now → g-RANDOM      all badges there are: to forget them is to point this elsewhere
 *   badges/g-RANDOM/WHO/NAME   a badge, for one second; each is a link to `badges/here`
 *
 * Nothing has to be taken away for a badge to end: nginx asks for those of the second that it is.
 */

const folderOf = (state: string): string => join(state, 'nginx', badgesFolder);

/** How many somebody, and all together, may have at a time: what there is no badge for is asked about. */
const most = { one: 128, all: 4000 } as const;
/** Milliseconds: how long a worker of nginx may be behind the clock, as it is busy; what is being made elsewhere is younger. */
const behind = 10;
const young = 10_000;
const everySecond = 1000;
/** Seconds: the longest that a badge is for. */
const longest = 3;

/** Behind a pass in its cookie: who it is of. Nothing where that cannot stand in a cookie or in a file's name. */
export function whoOf(user: User): string | undefined {
  const text = whoText(user);
  return whoForm.test(text) && !text.endsWith(' ') && Buffer.byteLength(text) <= longestName
    ? text
    : undefined;
}

const whoForm = new RegExp(`^${whoPattern}$`);

/** Those who are let in from now on: badges for verdicts that begin now. */
export interface Giving {
  /** A badge for this second and so many more; `false` where there is none, as there is no room, or all were forgotten meanwhile. */
  give(who: string, badge: ForSeconds, seconds: number): boolean;
}

type ForSeconds = Omit<Badge, 'second' | 'authorization'>;

export interface Badges {
  /** To be called before a verdict is looked for: badges that are forgotten meanwhile stay so. */
  begin(): Giving | undefined;
  close(): void;
}

interface Given {
  readonly who: string;
  readonly folder: string;
  readonly badge: ForSeconds;
  readonly from: number;
  readonly to: number;
}

const nameAt = (badge: ForSeconds, second: number): string =>
  badgeName({ ...badge, second: `${second}`, authorization: '' });

const second = (): number => Math.floor(Date.now() / 1000);

/** Gives badges in a state folder, and takes away those whose time is over. */
export function openBadges(state: string): Badges {
  const base = folderOf(state);
  let current: string | undefined;
  let given: Given[] = [];
  const counts = new Map<string, number>();
  const count = (who: string, by: number) => {
    const now = (counts.get(who) ?? 0) + by;
    if (now > 0) counts.set(who, now);
    else counts.delete(who);
  };

  const sweep = async (): Promise<void> => {
    const now = second();
    // By a clock that went back, some would be for seconds that come again.
    const isOver = ({ from, to }: Given) => to < now || from > now + 1;
    const over = given.filter(isOver);
    given = given.filter((each) => !isOver(each));
    for (const { who } of over) count(who, -1);
    for (const [n, { who, folder, badge, from, to }] of over.entries()) {
      for (let at = from; at <= to; at++) rmSync(join(folder, nameAt(badge, at)), { force: true });
      if (!counts.has(who)) await rmdir(folder).catch(() => undefined);
      // Whoever is asked about meanwhile waits for few.
      if (n % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
    }
    await removeOld(base).catch(() => undefined);
  };
  // Links of another version had other names.
  if (existsSync(join(base, 'now'))) prepare(base);
  const timer = setInterval(() => void sweep(), everySecond).unref();

  return {
    begin() {
      const generation = readLink(join(base, 'now'));
      if (generation === undefined) {
        // nginx's folders were not there yet.
        if (existsSync(base)) makeNow(base);
        return undefined;
      }
      if (generation !== current) {
        current = generation;
        given = [];
        counts.clear();
      }
      return {
        give(who, badge, seconds) {
          const from = second();
          if (generation !== current || given.length >= most.all || (counts.get(who) ?? 0) >= most.one)
            return false;
          const folder = join(base, generation, who);
          const to = from + Math.min(seconds, longest);
          const names = Array.from({ length: to - from + 1 }, (_, n) => nameAt(badge, from + n));
          if (names.some((name) => Buffer.byteLength(name) > longestName)) return false;
          given.push({ who, folder, badge, from, to });
          count(who, 1);
          try {
            makeFolder(base, folder);
            for (const name of names) makeLink(join(base, 'here'), join(folder, name));
          } catch {
            // Forgotten meanwhile, or no room.
            return false;
          }
          return true;
        },
      };
    },
    close: () => clearInterval(timer),
  };
}

/**
 * Whoever runs nginx comes through, and reads no folder. It gets its name only then: nginx, which may be looking for that very badge on
 * another connection, would write its name to the log if it could not come through.
 */
function makeFolder(base: string, folder: string): void {
  if (existsSync(folder)) return;
  renameSync(newFolder(base), folder);
}

/** A folder that has no name yet; what is left of it goes as what is forgotten does. */
function newFolder(base: string): string {
  const made = join(base, `g-${randomBytes(8).toString('hex')}`);
  mkdirSync(made);
  chmodSync(made, 0o711);
  return made;
}

/** Another request of the same person may have been let in at the same time. */
function makeLink(to: string, path: string): void {
  try {
    linkSync(to, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Points `now` at a folder where there is no badge; gives the one of before. At once: somebody is being put out. */
function makeNow(base: string): string | undefined {
  const before = readLink(join(base, 'now'));
  const made = newFolder(base);
  giveAway(base, made);
  const generation = basename(made);
  prepare(base);
  const link = join(base, `now.${generation}`);
  symlinkSync(generation, link);
  giveAway(base, link);
  renameSync(link, join(base, 'now'));
  return before;
}

/** What stays the same: the links of the moments, and the file that all badges are. */
function prepare(base: string): void {
  if (!existsSync(join(base, 'here'))) {
    const here = join(base, `here.${randomBytes(8).toString('hex')}`);
    writeFileSync(here, '', { flag: 'wx' });
    chmodSync(here, 0o644);
    giveAway(base, here);
    renameSync(here, join(base, 'here'));
  }
  for (const moment of badgeMoments.map((name) => join(base, name))) {
    if (readLink(moment) !== undefined) continue;
    symlinkSync('now', moment);
    giveAway(base, moment);
  }
}

/** What root makes for the daemon belongs to the account that the daemon has. */
function giveAway(base: string, path: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(base);
  lchownSync(path, uid, gid);
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** From when this is done on, nobody comes in by a badge of before. Any process may do it. */
export async function forgetBadges(state: string): Promise<void> {
  const base = folderOf(state);
  // nginx's folders are not there yet.
  if (!existsSync(base)) return;
  const before = makeNow(base);
  if (before === undefined) return;
  const old = join(base, before);
  const changed = await stat(old).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  );
  const wasEmpty = await rmdir(old).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  // Where there was none for longer than a moment, nginx remembers none; just after somebody else forgot, it does.
  if (wasEmpty && Math.abs(Date.now() - changed) > 2 * badgeMoment) return;
  // Until the moment ends, nginx remembers what was there.
  const left = badgeMoment - (Date.now() % badgeMoment) + behind;
  await new Promise((resolve) => setTimeout(resolve, left));
  void rm(old, { recursive: true, force: true }).catch(() => undefined);
}

/** What was last forgotten, as a text that is another one each time, whichever process did so; verdicts are forgotten with badges. */
export const lastForgotten = (state: string): string => readLink(join(folderOf(state), 'now')) ?? '';

/** What somebody who forgot could not remove. */
async function removeOld(base: string): Promise<void> {
  const now = readLink(join(base, 'now'));
  for (const name of await readdir(base)) {
    if (!name.startsWith('g-') || name === now) continue;
    const { mtimeMs } = await stat(join(base, name));
    if (Math.abs(Date.now() - mtimeMs) > young) await rm(join(base, name), { recursive: true, force: true });
  }
}
