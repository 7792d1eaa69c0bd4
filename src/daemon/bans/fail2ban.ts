import { existsSync } from 'node:fs';
import { banNetwork } from '../../lib/bans.ts';
import { fail2banPlaces, type Offence, type OffenceKind } from '../../model/bans.ts';
import { installedGateway } from '../../plan/gateway-part.ts';
import { followFile } from '../follow-file.ts';

/** What fail2ban decided: whom it banned, when and for how long, in milliseconds. */
export interface Told {
  readonly kind: OffenceKind;
  readonly network: string;
  readonly at: number;
  readonly lasts: number;
}

/**
 * Whether this process counts itself: fail2ban does where Poterne brought it, it runs, and what this process says is in the journal. It is
 * looked at each time, so that nobody goes uncounted while fail2ban is down.
 */
export function countsHere(state: string): boolean {
  const isInstalled = state === installedGateway.state && process.env.JOURNAL_STREAM !== undefined;
  return !isInstalled || !existsSync(fail2banPlaces.jails) || !existsSync(fail2banPlaces.socket);
}

/** Tells fail2ban of an offence that counts, by the journal. Nothing in it is anybody's words. */
export function tellFail2ban({ kind, address }: Offence): void {
  const network = banNetwork(address);
  if (network) process.stderr.write(`offence ${kind} ${network.split('/')[0]}\n`);
}

/** What fail2ban has told since the last time, and at first all that it still has written down. */
export function followTold(state: string): { lines(): Promise<readonly Told[]>; close(): Promise<void> } {
  const file = followFile(fail2banPlaces.told, 'beginning');
  return {
    lines: async () =>
      state === installedGateway.state ? (await file.lines()).flatMap((line) => readTold(line) ?? []) : [],
    close: () => file.close(),
  };
}

/** A line of what fail2ban tells (`fail2ban-told`). */
export function readTold(line: string): Told | undefined {
  const found = /^(\d{1,11}) (ssh|portal|waf|floods|scans) ([0-9a-f.:]+) (\d{1,10})$/.exec(line);
  const network = found && banNetwork(found[3] as string);
  if (!found || !network) return undefined;
  return {
    kind: found[2] as OffenceKind,
    network,
    at: Number(found[1]) * 1000,
    lasts: Number(found[4]) * 1000,
  };
}
