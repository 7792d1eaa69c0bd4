import type https from 'node:https';
import { expect } from 'vitest';
import { type Badges, forgetBadges, openBadges } from '../../daemon/entry/badges.ts';
import { badgeHost, badgePass } from '../../lib/badge.ts';
import { type Asked, admit } from './testing-gate.ts';
import type { Ask } from './testing-gateway.ts';
import { type Guarded, onOne, startGuarded } from './testing-guarded.ts';

/** Guarded publications of a real nginx, where nothing is kept but badges: who is not let in by one is asked about. */
export let gate: Guarded;
export let badges: Badges;

export async function begin(): Promise<void> {
  gate = await startGuarded();
  badges = openBadges(gate.gateway.state);
}

export async function end(): Promise<void> {
  badges?.close();
  await gate?.stop();
}

/** For each test: nobody has a badge. */
export async function anew(): Promise<void> {
  await gate.begin();
  await forget();
  gate.daemon.answer = giving();
}

export const forget = () => forgetBadges(gate.gateway.state);

/** Lets in whoever shows a pass, and gives a badge to who says rightly who they are. */
export const giving =
  (seconds = 3, begun = () => badges.begin()) =>
  (asked: Asked, outgoing: Parameters<Guarded['daemon']['answer']>[1]) => {
    const given = begun();
    const [, pass = '', name = ''] = /^__Host-poterne=((\w+)-*\..*)$/.exec(asked.cookie ?? '') ?? [];
    const set = outgoing.setHeader.bind(outgoing);
    outgoing.setHeader = (key, value) => set(key, key === 'x-accel-expires' ? '0' : value);
    const of = (key: string) => asked[`x-poterne-${key}`] ?? '';
    if (asked.authorization !== undefined || of('who') !== whoIs(name)) return admit(asked, outgoing);
    const badge = {
      pass: badgePass(pass),
      worker: of('worker'),
      connection: of('connection'),
    };
    const host = of('host');
    const place = {
      publication: of('publication'),
      host: badgeHost({ match: host.includes('.wild.') ? 'wildcard' : 'exact' }, host),
    };
    // It is there before nginx goes on: what is asked next comes in by it.
    given?.give(of('who'), { ...badge, ...place }, seconds);
    admit(asked, outgoing);
  };

/** Who they are, as `whoText` has it. */
export const whoIs = (name: string) => `${name}|||staff,admins`;

/** What they show: their pass, and who they say they are. */
/** A pass, as long as real ones are. */
export const passOf = (name: string) => `${name.padEnd(17, '-')}.${`secret-of-${name}`.padEnd(43, '_')}`;
export const cookieOf = (name: string, who = whoIs(name)) => `__Host-poterne=${passOf(name)}|${who}`;

/** Who shows this cookie, on a connection of theirs where one is given. */
export const by = (cookie: string, agent?: https.Agent, more: Ask = {}): Ask => ({
  ...more,
  headers: { cookie, ...more.headers },
  ...(agent ? { agent } : {}),
});

/** Who the service took them for, and whether anybody was asked. */
export async function came(host: string, ask: Ask, path = '/'): Promise<[unknown, 'asked' | 'badge']> {
  const before = gate.daemon.asked.length;
  const user = await gate.user(host, ask, path);
  return [user, gate.daemon.asked.length > before ? 'asked' : 'badge'];
}

/** A connection on which somebody has a badge. */
export async function having(name: string, host = 'other.localhost'): Promise<https.Agent> {
  const agent = onOne();
  expect(await came(host, by(cookieOf(name), agent))).toEqual([name, 'asked']);
  expect(await came(host, by(cookieOf(name), agent))).toEqual([name, 'badge']);
  return agent;
}
