import type { Command } from 'commander';
import { short } from '../../apply/executor.ts';
import type { PartnerStatus } from '../../daemon/partners/status.ts';
import { type PublicationStatus, type Status, status as statusOf } from '../../daemon/status.ts';
import { shortDuration } from '../../lib/duration.ts';
import { harmless } from '../../lib/harmless.ts';
import { cutTargetText } from '../../model/cut.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { exit } from '../exit.ts';
import { table } from '../table.ts';
import { withGateway } from '../with-gateway.ts';

/** `poterne status`: what runs, since when, with which configuration; exit 1 when something does not. */
export function status(context: Context): Command {
  const { t } = context;
  return command(context, 'status', 'status.about', ['status', 'status --json']).action(
    async (options: CommonOptions) => {
      const state = stateFolder(options.state, process.env);
      await withGateway(state, async (gateway) => {
        const found = await statusOf(gateway);
        if (options.json) context.out(JSON.stringify(found ?? null));
        else if (found) context.out(draw(context, found));
        else {
          context.out(t('status.none', { state }));
          context.err(t('cli.next', { text: t('status.none.next') }));
        }
        if (!found || !isWell(found)) process.exitCode = exit.failed;
      });
    },
  );
}

/** A failure to replace what is not due yet was somebody's wish, and troubles nobody until it is due. */
function hasTrouble(acme: PublicationStatus['acme']): boolean {
  return acme?.failed !== undefined && acme.state !== 'good';
}

function isWell(status: Status): boolean {
  return (
    status.engines.every((engine) => engine.running && engine.served === engine.configuration) &&
    status.publications.every(
      ({ standing, acme }) => standing === 'current' && acme?.state !== 'missing' && !hasTrouble(acme),
    ) &&
    !status.cuts.some(({ target }) => target.kind === 'publication' || target.kind === 'all') &&
    (status.canary?.alarms.length ?? 0) === 0 &&
    status.portal?.answering !== false &&
    status.services.every((service) => service.upstreams.some((upstream) => upstream.reachable)) &&
    status.partners.every(
      ({ standing, isPinned, pins }) => standing === 'current' && (!isPinned || pins?.open),
    )
  );
}

function draw(context: Context, found: Status): string {
  const { t } = context;
  const engines = found.engines.map((engine) => [
    engine.name,
    engine.running ? t('status.running', { pid: engine.pid ?? '?' }) : t('status.stopped'),
    engine.since ? since(engine.since) : '–',
    !engine.served || engine.served === engine.configuration
      ? short(engine.configuration)
      : t('status.stale', { hash: short(engine.configuration), served: short(engine.served) }),
  ]);
  const publications = found.publications.map((publication) => [
    publication.name,
    publication.services.join(', '),
    certificate(context, publication),
    t(`status.standing.${publication.standing}`, {
      complaint: publication.lack ? context.say(publication.lack) : (publication.complaint ?? ''),
    }),
  ]);
  const services = found.services.flatMap((service) =>
    service.upstreams.map((upstream) => [
      service.name,
      upstream.address,
      t(upstream.reachable ? 'status.reachable' : 'status.unreachable'),
    ]),
  );
  const proof = found.lastProof;
  return [
    table([t('status.engine'), t('status.state'), t('status.since'), t('status.configuration')], engines),
    table(
      [t('status.publication'), t('status.services'), t('status.certificate'), t('status.state')],
      publications,
    ),
    ...troubles(context, found),
    table([t('status.service'), t('status.upstream'), t('status.state')], services),
    ...partners(context, found),
    ...people(context, found),
    ...canary(context, found),
    proof
      ? t('status.proof', { at: local(proof.at), held: proof.held, broken: proof.broken.length })
      : t('status.proof.none'),
  ].join('\n\n');
}

function certificate(
  { t }: Context,
  { certificateDays: days, ownCertificate, acme }: PublicationStatus,
): string {
  if (acme?.state === 'missing') return t(acme.failed ? 'status.acme.failing' : 'status.acme.awaited');
  if (days === undefined) return t(ownCertificate ? 'status.unread' : 'status.of-service');
  // What lives for days only is told in hours at its end.
  const hours = acme?.valid && Math.floor((Date.parse(acme.valid.until) - Date.now()) / 3_600_000);
  return hours !== undefined && hours < 48 ? t('status.hours', { hours }) : t('status.days', { days });
}

/** Where people sign in, and what is cut off, with how to undo it. */
function people({ t }: Context, { portal, cuts }: Status): string[] {
  const lines = cuts.map(({ target, at, by, reason }) =>
    t('status.cut', { what: cutTargetText(target), at: local(at), by, reason: oneLine(reason) }),
  );
  if (!portal) return lines.length > 0 ? [lines.join('\n')] : [];
  const { name, answering, sessions } = portal;
  const signedIn = sessions ? t('status.portal.sessions', { ...sessions }) : t('status.portal.unread');
  return [[t(answering ? 'status.portal' : 'status.portal.down', { name }), signedIn, ...lines].join('\n')];
}

/** Whether what must be refused is refused, as the gateway asked itself last. */
function canary({ t, say }: Context, { canary: told }: Status): string[] {
  if (!told) return [];
  const { at, questions, publications, alarms, unasked } = told;
  const lines = alarms.map(({ publication, kind, seen, since }) =>
    t('status.canary.alarm', {
      since: local(since),
      alarm: t(`canary.alarm.${kind}`, { publication, seen: say(seen) }),
    }),
  );
  const isOld = Date.now() - Date.parse(at) > 180_000;
  return [
    [
      ...(alarms.length > 0 ? [...lines, t('status.canary.next')] : []),
      ...(isOld ? [t('status.canary.old', { at: local(at) })] : []),
      ...(alarms.length === 0 && !isOld && questions > 0
        ? [t('status.canary', { at: local(at), questions, publications })]
        : []),
      ...(unasked.length > 0 ? [t('status.canary.unasked', { names: unasked.join(', ') })] : []),
    ].join('\n'),
  ].filter((text) => text !== '');
}

const oneLine = (text: string): string => harmless(text).replace(/[\n\t]/g, ' ');

/** The partners, then what each was last refused, and what was seen where calls do not pass. */
function partners(context: Context, { partners: all }: Status): string[] {
  const { t, say } = context;
  if (all.length === 0) return [];
  const rows = all.map((partner) => [
    partner.name,
    partner.url,
    shown(context, partner),
    pinned(context, partner),
    t(`status.standing.${partner.standing}`, { complaint: partner.complaint ?? '' }),
  ]);
  const notes = all.flatMap(({ name, pins, refused }) => [
    ...(pins && !pins.open
      ? [t('status.partner.seen', { name, at: local(pins.at), seen: say(pins.seen) })]
      : []),
    ...(refused ? [t('status.partner.refused', { name, ...refused, at: local(refused.at) })] : []),
  ]);
  return [
    table(
      [
        t('status.partner'),
        t('status.upstream'),
        t('status.partner.shown'),
        t('status.partner.pins'),
        t('status.state'),
      ],
      rows,
    ),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ];
}

function shown({ t }: Context, { showsCertificate, certificateDays: days }: PartnerStatus): string {
  if (!showsCertificate) return '–';
  return days === undefined ? t('status.unread') : t('status.days', { days });
}

function pinned({ t }: Context, { isPinned, pins }: PartnerStatus): string {
  if (!isPinned) return '–';
  if (!pins) return t('status.partner.unseen');
  return t(pins.open ? 'status.partner.open' : 'status.partner.shut', { at: local(pins.held ?? pins.at) });
}

/** Why certificates could not be had, and when they are asked for again; each certificate once. */
function troubles({ t, say }: Context, { publications }: Status): string[] {
  const failing = new Map(
    publications.flatMap(({ acme }) => (acme && hasTrouble(acme) ? [[acme.id, acme]] : [])),
  );
  if (failing.size === 0) return [];
  const lines = [...failing.values()].map(({ names, failed, next }) =>
    t('status.acme.failed', {
      names: names.join(', '),
      reason: failed ? say(failed.reason) : '',
      times: failed?.times ?? 0,
      next: local(next),
    }),
  );
  return [lines.join('\n')];
}

function since(iso: string): string {
  return `${local(iso)} (${shortDuration(Date.now() - Date.parse(iso))})`;
}

/** A time of day as this machine's people read it, without seconds' fractions. */
function local(iso: string): string {
  return new Date(iso).toLocaleString('sv-SE');
}
