import { probeKinds, unfit, unproved } from '../lib/client-proofs.ts';
import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import { clientVerification, type Site } from '../model/site.ts';
import type { ServerTls } from '../model/tls.ts';
import type { Files } from './files.ts';

/**
 * What no proof will try of who gets in with a client certificate, as notes; and what is wrong with the certificates that are named for
 * proofs: a refusal for another reason than the meant one would be taken for a proof.
 */
export async function proofFindings(site: Site, files: Files, now: Date): Promise<readonly Finding[]> {
  const notes = unproved(site).map(({ said: { code, params }, configuration }): Finding => {
    const hint = code === 'client-proof.unrevocable' ? 'client-proof.unrevocable.hint' : 'client-proof.hint';
    return {
      ...{ severity: 'note', code, params, hint: message(hint) },
      ...{ pointer: configuration.pointer, onKey: true },
    };
  });
  const used = new Set(
    site.publications.flatMap((each) => clientVerification(site, each)?.configuration ?? []),
  );
  const found = await Promise.all([...used].map((each) => findingsOf(each, files, now)));
  return [...notes, ...found.flat()];
}

async function findingsOf(configuration: ServerTls, files: Files, now: Date): Promise<Finding[]> {
  const { probe, authorities, crls } = configuration;
  const texts = async (some: readonly { readonly file: string }[]) =>
    // What is wrong with these is said where they stand.
    (await Promise.all(some.map(({ file }) => files.read(file).catch(() => '')))).join('');
  const found: Finding[] = [];
  for (const kind of probeKinds) {
    const given = probe?.[kind];
    if (!given) continue;
    const { pointer } = given;
    try {
      const [certificate, key] = await Promise.all([files.read(given.certificate), files.read(given.key)]);
      const trust = {
        authorities: await texts(authorities.flatMap((each) => (each.kind === 'file' ? [each] : []))),
        revocations: await texts(crls),
      };
      const wrong = unfit(kind, { certificate, key, ...trust }, now);
      if (wrong) found.push({ severity: 'warning', code: wrong.code, params: wrong.params, pointer });
    } catch (error) {
      const { code, message: reason, path = given.certificate } = error as NodeJS.ErrnoException;
      const params = { file: path, reason: code ?? reason };
      found.push({ severity: 'warning', code: 'client-proof.file.unreadable', params, pointer });
    }
  }
  return found;
}
