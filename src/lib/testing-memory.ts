import { readFile } from 'node:fs/promises';

/**
 * Megabytes of processes; what they share is counted once (proc(5)). `Pss_Anon` is without files such as libraries, which strangers may share
 * and so make seem smaller.
 */
export async function megabytesOf(
  pids: readonly number[],
  what: 'Pss' | 'Pss_Anon' = 'Pss',
): Promise<number> {
  const maps = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')),
  );
  return maps.reduce(
    (sum, map) => sum + Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(map)?.[1] ?? 0) / 1024,
    0,
  );
}

/** The processes that one has started. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}
