import type { Facts } from '../../model/facts.ts';
import type { Artefact } from '../../model/plan.ts';
import { proxied, type Site } from '../../model/site.ts';
import { pages } from './pages.ts';
import { contextOf } from './render/common.ts';
import { inputsOf } from './render/inputs.ts';
import { generationFile, mainFile } from './render/main.ts';
import { publicationFile, standIn } from './render/publication.ts';
import { forwardingFile, pagesFile } from './render/shared.ts';
import { groupsOf } from './render/upstream.ts';
import { type Node, write } from './syntax.ts';

/** Every file of nginx's configuration, each line with the part of the description that asked for it. */
export function render(site: Site, facts: Facts): Artefact[] {
  const context = contextOf(site, facts);
  const base = { host: site.gateway.host, engine: 'nginx' };
  const file = (path: string, nodes: readonly Node[]): Artefact => ({
    ...base,
    path,
    ...write(nodes),
    reads: [],
  });
  return [
    file('nginx.conf', mainFile(context)),
    file('forwarding.conf', forwardingFile(context)),
    file('pages.conf', pagesFile(context)),
    ...proxied(site).map((publication) => ({
      ...file(`publications/${publication.id}.conf`, publicationFile(context, publication)),
      reads: inputsOf(publication, groupsOf(context, publication)),
      isolated: { publication: publication.id, standIn: standIn(context, publication) },
    })),
    ...pages().map(({ path, text }) => ({
      ...base,
      path: `pages/${path}`,
      text,
      reads: [],
      origins: text
        .split('\n')
        .slice(0, -1)
        .map(() => ''),
    })),
  ];
}

/** The file that tells which generation is being served. */
export function seal(hash: string): { path: string; text: string } {
  return { path: 'generation.conf', text: write(generationFile(hash)).text };
}
