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

const ofTime = /^cert\.(future|expired|issuer\.(future|expired)|crl\.expired|ocsp\.stale)$/;

/** What is to be known of this machine's clock where a finding hangs on it: whether systemd keeps it by the network. */
export async function judgeOwnClock(found: readonly Diagnosis[]): Promise<readonly Diagnosis[]> {
  if (!found.some(({ code }) => ofTime.test(code))) return [];
  try {
    const argv = ['timedatectl', 'show', '-p', 'NTPSynchronized'];
    const { code, stdout } = await localhost.run(argv, { timeout: 5000 });
    return code === 0 && /=no$/m.test(stdout) ? [diagnosis('warning', 'cert.clock.alone')] : [];
  } catch {
    // No systemd: nobody to ask.
    return [];
  }
}
