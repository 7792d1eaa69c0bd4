import { join } from 'node:path';
import type { ServerEngine } from '../engines/engine.ts';
import { readIfThere } from '../hosts/files.ts';
import { sha256 } from '../lib/digest.ts';
import type { Manifest, Standing } from '../model/applied.ts';
import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import { type Partner, partnerStanding } from '../model/partner.ts';
import type { Artefact, Input, Plan } from '../model/plan.ts';
import type { Pointer } from '../model/pointer.ts';
import type { Publication, Site } from '../model/site.ts';
import { letsInMore } from '../plan/topology.ts';
import type { Content, ContentFile, Generation } from './generations.ts';
import type { Materials } from './materialise.ts';

/** What a file needs to be put among the others. */
type Placed = Pick<Artefact, 'text' | 'origins' | 'reads'>;

/**
 * The files of a generation in the making. A publication that is refused gives way to its last good version; when that
 * is refused too (or there is none) to its stand-in; and at last to nothing, so that the others always go on.
 */
export class Staging {
  readonly files = new Map<string, ContentFile>();
  /** By publication: what in the description was first complained of. */
  private readonly causes = new Map<string, Pointer>();
  private readonly standing: Record<string, Standing> = {};
  /** Parts that several publications share and that are gone on without. */
  private readonly given = new Set<string>();
  /** Publications that are not served as before: what they cannot do without is not there. */
  private readonly unkept = new Set<string>();
  /** What is wrong in files that say whose client certificates are accepted; by text, since several publications may name them. */
  private readonly wrong = new Map<string, Finding>();
  private readonly plan: Plan;
  private readonly engine: ServerEngine;
  private readonly active: Generation | undefined;
  private readonly materials: Materials;

  constructor(plan: Plan, engine: ServerEngine, active: Generation | undefined, materials: Materials) {
    this.plan = plan;
    this.engine = engine;
    this.active = active;
    this.materials = materials;
  }

  /** What is staged so far, as content of a generation. */
  content(): Content {
    const { files, standing } = this;
    return { site: this.plan.site, standing, files, seal: (...of) => this.engine.seal(...of) };
  }

  /** Puts an artefact and its inputs; it is refused when an input cannot be read. */
  async add(artefact: Artefact): Promise<void> {
    // A part that is gone on without, or a publication that stands otherwise already.
    if (artefact.shared && this.given.has(artefact.shared.name)) return;
    if (artefact.isolated && this.standing[artefact.isolated.publication]) return;
    if (artefact.lack) {
      this.wrong.set(JSON.stringify(artefact.lack), artefact.lack);
      const { code, params, pointer = '' } = artefact.lack;
      await this.refuse(artefact, code, pointer, message(code, params));
      return;
    }
    const failed = await this.place(artefact.path, artefact);
    if (failed) await this.refuse(artefact, failed.reason, failed.input.because);
  }

  /** Replaces what the engine would not have. Throws `engine.refused` for an artefact that belongs to no publication. */
  async refuse(artefact: Artefact, text: string, because: Pointer, lack?: Message): Promise<void> {
    if (artefact.shared && !this.given.has(artefact.shared.name)) {
      await this.giveUp(artefact.shared, text, because, lack);
      return;
    }
    const publication = artefact.isolated?.publication;
    const before = publication === undefined ? undefined : this.standing[publication];
    if (publication === undefined || before?.state === 'closed')
      throw refusedFault(this.engine, text, because);
    // All files of the publication go together: half of one version beside half of another is neither.
    const group = this.plan.artefacts.filter(
      (a) => a.engine === this.engine.name && a.isolated?.publication === publication,
    );
    const last =
      before || this.unkept.has(publication) ? undefined : await this.lastGood(group, publication, because);
    for (const { path, reads } of group)
      for (const one of [path, ...reads.map((input) => input.as)]) this.files.delete(one);
    // The first complaint is about what the user wrote; a second one would be about our replacement.
    const complaint = before?.complaint ?? text;
    const state = before?.state === 'stand-in' ? 'closed' : 'stand-in';
    if (last) for (const [path, file] of last.files) this.files.set(path, file);
    else
      for (const { path, isolated } of group) {
        const instead = (state === 'stand-in' && isolated?.standIn) || { text: '', reads: [] };
        await this.place(path, { ...instead, origins: instead.text.split('\n').map(() => because) });
      }
    const missing = before ? before.lack : lack;
    const why = { complaint, ...(missing ? { lack: missing } : {}) };
    this.standing[publication] = last ? { state: 'kept', ...why, served: last.served } : { state, ...why };
    if (!before) this.causes.set(publication, because);
  }

  /** Goes on without a part that several publications share: none of them stands without it, and none is served as it was before. */
  private async giveUp(
    { name, publications }: NonNullable<Artefact['shared']>,
    text: string,
    because: Pointer,
    lack?: Message,
  ): Promise<void> {
    this.given.add(name);
    for (const { path, reads, shared } of this.plan.artefacts)
      if (shared?.name === name) {
        for (const input of reads) this.files.delete(input.as);
        await this.place(path, { text: '', origins: [''], reads: [] });
      }
    for (const id of publications) {
      const own = this.plan.artefacts.find((each) => each.isolated?.publication === id);
      this.unkept.add(id);
      const state = this.standing[id]?.state;
      if (own && (state === undefined || state === 'kept')) await this.refuse(own, text, because, lack);
    }
  }

  private async place(path: string, file: Placed): Promise<{ input: Input; reason: string } | undefined> {
    for (const input of file.reads) {
      const read = await this.materials.read(input);
      if ('reason' in read) {
        for (const finding of read.findings ?? []) this.wrong.set(JSON.stringify(finding), finding);
        return { input, reason: read.reason };
      }
      // The logo is part of pages, which nginx's workers read.
      this.files.set(input.as, { text: read.text, secret: !('logo' in input.from) });
    }
    const reads = file.reads.map((input) => input.as);
    this.files.set(path, { text: file.text, origins: file.origins, reads, secret: false });
    return undefined;
  }

  /**
   * The publication's files as the active generation has them, and what they serve; `undefined` when it has none worth
   * keeping, when they cannot be read, or when they let people in whom the description shuts out now. Certificates of ours are as they
   * are now: else a kept one would never be renewed. So is what says whose client certificates are accepted: who is revoked now
   * is not let in by a version of before, and where that cannot be read, nobody is.
   */
  private async lastGood(
    group: readonly Artefact[],
    publication: string,
    because: Pointer,
  ): Promise<{ files: Map<string, ContentFile>; served: Publication | Partner } | undefined> {
    const { active } = this;
    const served = active && this.worthKeeping(active, publication);
    if (!active || !served) return undefined;
    const reads = group.flatMap((artefact) => artefact.reads);
    const renewed = new Map<string, ContentFile>();
    for (const input of reads)
      if ('authorities' in input.from || 'revocations' in input.from) {
        const read = await this.materials.read(input);
        if ('reason' in read) return undefined;
        renewed.set(input.as, { text: read.text, secret: true });
      } else if ('certificate' in input.from) {
        const fresh = this.files.get(input.as);
        if (fresh) renewed.set(input.as, fresh);
      } else if ('acme' in input.from && input.because !== because) {
        // Unless it is what was complained of: then the one that serves is the last good one.
        const read = await this.materials.read(input);
        if ('text' in read) renewed.set(input.as, { text: read.text, secret: true });
      }
    const files = new Map<string, ContentFile>();
    for (const { path: own } of group)
      for (const path of [own, ...(active.manifest.files[own]?.reads ?? [])]) {
        const was = active.manifest.files[path];
        const text = await readIfThere(join(active.folder, path));
        if (!was || text === undefined || sha256(text) !== was.sha256) return undefined;
        const { sha256: _, ...rest } = was;
        files.set(path, renewed.get(path) ?? { ...rest, text, secret: path !== own });
      }
    return { files, served };
  }

  /** What the active generation serves of this, when it lets nobody do what the description does not. */
  private worthKeeping({ manifest }: Generation, id: string): Publication | Partner | undefined {
    const [before, now] = [manifest.site, this.plan.site];
    const partner = now.partners.find((one) => partnerStanding(one) === id);
    if (partner) {
      const served = servedPartner(manifest, partner);
      return served && called(before, served) === called(now, partner) ? served : undefined;
    }
    const served = servedPublication(manifest, id);
    const wanted = now.publications.find((one) => one.id === id);
    if (!served || !wanted) return undefined;
    if (letsInMore({ site: before, publication: served }, { site: now, publication: wanted }))
      return undefined;
    // Its version listens where the gateway listened then.
    return this.engine.listening(before) === this.engine.listening(now) ? served : undefined;
  }

  /** What was refused and what stands instead, at the lines that caused it. */
  findings(): Finding[] {
    const refused = Object.entries(this.standing).map(
      ([publication, { state, complaint, lack }]): Finding => {
        const name = standingName(this.plan.site, publication);
        return {
          severity: 'error',
          ...(lack
            ? { code: 'engine.refused.lack', params: { name } }
            : {
                code: 'engine.refused.publication',
                params: { engine: this.engine.name, name, text: complaint },
              }),
          pointer: this.causes.get(publication) ?? '',
          onKey: true,
          hint: message(`engine.refused.${state}`, { name }),
        };
      },
    );
    return [...refused, ...this.wrong.values()];
  }
}

/** What people call something that can be refused without the others. */
function standingName({ publications, partners }: Site, id: string): string {
  const partner = partners.find((one) => partnerStanding(one) === id);
  return partner ? `partner ${partner.name}` : (publications.find((one) => one.id === id)?.name ?? id);
}

/** The partner as a generation has it called. */
function servedPartner({ standing, site }: Manifest, partner: Partner): Partner | undefined {
  const stands = standing[partnerStanding(partner)];
  if (stands) return stands.state === 'kept' && 'callers' in stands.served ? stands.served : undefined;
  return site.partners?.find(({ id }) => id === partner.id);
}

/** Everything about calls of a partner but the certificate that is shown: that alone may be of before. */
function called({ gateway }: Site, { tls: _, ...rest }: Partner): string {
  return JSON.stringify([gateway.partners, rest]);
}

/** The publication as a generation serves it, which may be an earlier version than it describes. */
function servedPublication(manifest: Manifest, publication: string): Publication | undefined {
  const stands = manifest.standing[publication];
  if (stands) return stands.state === 'kept' && 'routes' in stands.served ? stands.served : undefined;
  return manifest.site.publications.find(({ id }) => id === publication);
}

/** The fault of a configuration that cannot be had even with its publications set apart. */
export function refusedFault(engine: ServerEngine, text: string, because?: Pointer): Fault {
  const next = message('engine.refused.next');
  return new Fault(
    'engine.refused',
    { engine: engine.name, text },
    because ? { next, pointer: because } : { next },
  );
}
