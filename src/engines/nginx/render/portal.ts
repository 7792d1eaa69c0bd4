import type { Artefact } from '../../../model/plan.ts';
import type { ProxiedPublication, Site } from '../../../model/site.ts';
import { block, gap, line, type Node, note, write } from '../syntax.ts';
import type { Context } from './common.ts';
import { cutLines, onceLines } from './cut.ts';
import { daemonPass, enteringLimit } from './gate.ts';
import { certificateFiles, certificateInputs } from './inputs.ts';
import { gatewayLine, retryLine } from './limits.ts';
import { serverHead, standIn } from './publication.ts';
import { redirectServer } from './redirect.ts';

/** The portal as far as it is like a publication: its name and its certificate. */
export function portalPublication({ signIn }: Pick<Site, 'signIn'>): ProxiedPublication | undefined {
  if (!signIn) return undefined;
  const { id, at: name, tls, pointer } = signIn;
  return {
    ...{ id, name, match: 'exact', example: name, scenario: 'proxy', tls, dns: [], routes: [], options: {} },
    ...{ audience: { from: ['everyone'], pointer }, pointer },
  };
}

/** `portal.conf`: where people sign in. What goes wrong with its name or its certificate leaves all others alone. */
export function portalArtefact(context: Context): Omit<Artefact, 'host' | 'engine'> | undefined {
  const portal = portalPublication(context.site);
  if (!portal) return undefined;
  return {
    path: 'portal.conf',
    ...write(portalFile(context, portal)),
    reads: certificateInputs(context, portal),
    isolated: { publication: portal.id, standIn: standIn(context, portal) },
  };
}

function portalFile(context: Context, portal: ProxiedPublication): Node[] {
  const { pointer: at, name, id } = portal;
  return [
    note(at, `The portal ${name}, which the daemon answers`),
    ...redirectServer(context, portal, name),
    block(
      at,
      ['server'],
      [
        ...serverHead(context, portal, name, certificateFiles(context, portal), onceLines('', false)),
        gap,
        ...cutLines(context, at, id, false),
        gap,
        line('', 'add_header', 'X-Request-Id', '$request_id', 'always'),
        line('', 'add_header', 'Strict-Transport-Security', '$poterne_strict_transport_security', 'always'),
        retryLine(),
        ...enteringLimit(),
        ...gatewayLine(context.site),
        block(at, ['location', '~*', '^/(?:verdict|\\.poterne)'], [line(at, 'return', '404')]),
        block(at, ['location', '/'], [line('', 'include', 'daemon.conf'), daemonPass('/')]),
      ],
    ),
  ];
}
