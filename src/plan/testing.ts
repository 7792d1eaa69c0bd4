import { resolve } from 'node:path';
import { describe } from '../describe/index.ts';
import { memory } from '../describe/testing.ts';
import type { Site } from '../model/site.ts';

/** The site that a description means; throws when it is refused. */
export async function siteOf(yaml: string): Promise<Site> {
  const { site, findings } = await describe('site.yaml', { files: memory({ [resolve('site.yaml')]: yaml }) });
  if (!site) throw new Error(JSON.stringify(findings));
  return site;
}
