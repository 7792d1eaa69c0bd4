import type { Facts } from '../../model/facts.ts';
import { partnerStanding } from '../../model/partner.ts';
import type { Artefact, StandIn } from '../../model/plan.ts';
import { type Publication, passedThrough, proxied, type Site } from '../../model/site.ts';
import type { Sealed } from '../engine.ts';
import { pages } from './pages.ts';
import { acmeFile } from './render/acme.ts';
import { badgeFile, usesBadges } from './render/badge.ts';
import { clientInputs } from './render/clients.ts';
import { contextOf } from './render/common.ts';
import { daemonFile, hasGate, verdictFile } from './render/gate.ts';
import { inputsOf } from './render/inputs.ts';
import { generationFile, mainFile } from './render/main.ts';
import { markInputs } from './render/marks.ts';
import { nameScript } from './render/names.ts';
import { logoInputs, pagesFile } from './render/pages.ts';
import { partnerFile, partnerInputs, partnerLocations, partnerStandIn } from './render/partner.ts';
import { portalArtefact } from './render/portal.ts';
import { publicationFile, standIn } from './render/publication.ts';
import { forwardingFile } from './render/shared.ts';
import { directFile, directStandIn, namesFile, namesStandIn, regexNamed } from './render/stream.ts';
import { groupsOf } from './render/upstream.ts';
import { type Node, write } from './syntax.ts';
import { sealedRules, wafArtefacts } from './waf/main.ts';

/** Every file of nginx's configuration, each line with the part of the description that asked for it. */
export function render(site: Site, facts: Facts): Artefact[] {
  const context = contextOf(site, facts);
  const portal = portalArtefact(context);
  const base = { host: site.gateway.host, engine: 'nginx' };
  const file = (path: string, nodes: readonly Node[]): Artefact => ({
    ...base,
    path,
    ...write(nodes),
    reads: [],
  });
  const isolated = ({ id }: Publication, instead: StandIn) => ({
    isolated: { publication: id, standIn: instead },
  });
  return [
    { ...file('nginx.conf', mainFile(context)), reads: [...markInputs(site), ...logoInputs(site)] },
    ...wafArtefacts(context).map((artefact) => ({ ...base, ...artefact })),
    file('forwarding.conf', forwardingFile(context)),
    ...(hasGate(site)
      ? [
          file('forwarding-known.conf', forwardingFile(context, 'known')),
          file('forwarding-signed.conf', forwardingFile(context, 'signed')),
          file('verdict.conf', verdictFile(context)),
          file('daemon.conf', daemonFile(context)),
        ]
      : []),
    ...(usesBadges(site)
      ? [file('forwarding-badged.conf', forwardingFile(context, 'badged')), file('badge.conf', badgeFile())]
      : []),
    ...(portal ? [{ ...base, ...portal }] : []),
    file('pages.conf', pagesFile(context)),
    ...(facts.acme ? [file('acme.conf', acmeFile(context))] : []),
    ...proxied(site).map((publication) => ({
      ...file(`publications/${publication.id}.conf`, publicationFile(context, publication)),
      reads: [
        ...inputsOf(context, publication, groupsOf(context, publication)),
        ...clientInputs(context, publication),
      ],
      ...isolated(publication, standIn(context, publication)),
    })),
    ...passedThrough(site).map((publication) => ({
      ...file(`direct/${publication.id}.conf`, directFile(context, publication)),
      ...isolated(publication, directStandIn(context, publication)),
    })),
    ...regexNamed(context).map((publication) => ({
      ...file(`names/${publication.id}.map`, namesFile(context, publication)),
      ...isolated(publication, namesStandIn(context, publication)),
    })),
    ...site.partners.flatMap((partner) => {
      const publication = partnerStanding(partner);
      return [
        {
          ...file(`partners/${partner.id}.conf`, partnerFile(context, partner)),
          isolated: { publication, standIn: { text: '', reads: [] } },
        },
        {
          ...file(`partners/${partner.id}.locations`, partnerLocations(context, partner)),
          reads: partnerInputs(partner),
          isolated: { publication, standIn: partnerStandIn(context, partner) },
        },
      ];
    }),
    ...[
      ...pages(site.signIn?.brand).map((page) => ({ ...page, path: `pages/${page.path}` })),
      ...scripts(site),
    ].map(({ path, text }) => ({
      ...base,
      path,
      text,
      reads: [],
      origins: text
        .split('\n')
        .slice(0, -1)
        .map(() => ''),
    })),
  ];
}

function scripts(site: Site): { readonly path: string; readonly text: string }[] {
  const text = nameScript(site);
  return text === undefined ? [] : [{ path: 'clients.js', text }];
}

/** The files that tell which generation is being served, and where it is. */
export function seal(hash: string, folder: string, paths: readonly string[]): Sealed[] {
  return [{ path: 'generation.conf', text: write(generationFile(hash)).text }, ...sealedRules(folder, paths)];
}
