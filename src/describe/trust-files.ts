import path from 'node:path';
import { judgeTrust, type TrustFile } from '../lib/client-trust.ts';
import type { Finding } from '../model/finding.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { Files } from './files.ts';
import { sourceOf } from './locate.ts';
import type { Sources } from './merge.ts';
import type { Parsed } from './parse.ts';

/** What is wrong in the files that say which client certificates are accepted. */
export async function trustFindings(
  parsed: Parsed,
  sources: Sources,
  files: Files,
  now: Date,
): Promise<readonly Finding[]> {
  const read = async (name: string, at: Pointer): Promise<TrustFile> => {
    const file = path.resolve(path.dirname(sourceOf(sources, at)?.path ?? sources.main), name);
    try {
      return { name, pointer: at, content: { text: await files.read(file) } };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { name, pointer: at, content: { reason: code ?? message } };
    }
  };
  const found: Finding[] = [];
  for (const [name, { authorities = [], crl = [] }] of parsed['tls-configurations']) {
    const at = pointer('tls-configurations', name);
    const lists = typeof crl === 'string' ? [{ name: crl, at: `${at}/crl` }] : named(crl, `${at}/crl`);
    const trusted = named(authorities, `${at}/authorities`).filter((each) => each.name !== 'internal');
    const [first, second] = await Promise.all(
      [trusted, lists].map((some) => Promise.all(some.map((each) => read(each.name, each.at)))),
    );
    found.push(...judgeTrust({ authorities: first ?? [], revocations: second ?? [] }, now));
  }
  return found;
}

const named = (names: readonly string[], at: Pointer) => names.map((name, i) => ({ name, at: `${at}/${i}` }));
