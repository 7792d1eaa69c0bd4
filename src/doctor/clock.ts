import { localhost } from '../hosts/local.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';
import { moment } from './judged.ts';

/** Clocks that differ less are taken for right. */
const tolerance = 5 * 60_000;

/** Whether this machine's clock and another's say the same. */
export function judgeClock(here: Date, there: Date | undefined, source: string): readonly Diagnosis[] {
  if (!there) return [];
  const seconds = Math.round((here.getTime() - there.getTime()) / 1000);
  if (Math.abs(seconds) * 1000 < tolerance) return [];
  return [diagnosis('warning', 'cert.clock', { here: moment(here), there: moment(there), source, seconds })];
}

/** Whether this machine keeps its clock by the network, as systemd says; nothing where it cannot be asked. */
export async function judgeOwnClock(): Promise<readonly Diagnosis[]> {
  try {
    const { code, stdout } = await localhost.run(['timedatectl', 'show', '-p', 'NTPSynchronized'], {
      timeout: 5000,
    });
    return code === 0 && stdout.includes('=no') ? [diagnosis('warning', 'cert.clock.alone')] : [];
  } catch {
    return [];
  }
}
