import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunHost } from '../model/run.ts';
import { plainName } from './paths.ts';

/** Puts the files that a host sent into a folder of its own below another one; older ones of the same names are replaced. */
export async function deliver(result: RunHost, folder: string, to: string): Promise<void> {
  for (const { file } of result.files) {
    // Without the folder `files` of the run's.
    const target = join(to, plainName(result.host), ...file.split('/').slice(1));
    const beside = `${target}.${process.pid}.part`;
    await mkdir(dirname(target), { recursive: true });
    await rm(beside, { force: true });
    // Another name of the same bytes where the file system can, else a copy.
    await link(join(folder, file), beside).catch(() => copyFile(join(folder, file), beside));
    await rename(beside, target);
  }
}
