import { readFile } from 'node:fs/promises';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';

/** The description as `apply` left it for the daemon. Throws `bastion.site`. */
export async function readServed(path: string): Promise<Site> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Fault('bastion.site', { path, reason }, { cause, next: message('bastion.site.next') });
  }
}
