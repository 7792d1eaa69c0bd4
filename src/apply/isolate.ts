import type { Complaint, ServerEngine } from '../engines/engine.ts';
import { localhost } from '../hosts/local.ts';
import type { Finding } from '../model/finding.ts';
import type { Artefact, Plan } from '../model/plan.ts';
import { type Attribution, attribute } from './attribute.ts';
import type { Generation, Generations } from './generations.ts';
import type { Materials } from './materialise.ts';
import { refusedFault, Staging } from './staging.ts';

/** A generation that the engine accepts, and what it said against what was wanted. */
export interface Accepted {
  readonly generation: Generation;
  readonly findings: readonly Finding[];
}

/**
 * Stages the plan and has the engine check it, again and again until it accepts: each time, the publication complained of
 * gives way alone (see `Staging`). Throws `engine.refused` for a complaint that belongs to no publication.
 */
export async function stageAccepted(
  plan: Plan,
  engine: ServerEngine,
  prefix: string,
  generations: Generations,
  materials: Materials,
): Promise<Accepted> {
  const active = await generations.active();
  const artefacts = plan.artefacts.filter((a) => a.engine === engine.name);
  const staging = new Staging(plan, engine, active, materials);
  await materials.prepare(artefacts.flatMap((artefact) => artefact.reads));
  for (const artefact of artefacts) await staging.add(artefact);
  for (;;) {
    const generation = await generations.stage(staging.content(), active);
    const { folder } = generation;
    const { code, stdout, stderr } = await localhost.run(engine.actions.check({ prefix, folder }));
    const complaints = engine.diagnose(stderr + stdout);
    const trace = (complaint: Complaint) => attribute(complaint, folder, staging.files);
    if (code === 0) {
      const warnings = complaints.map((c) => warning(engine, c, trace(c)));
      return { generation, findings: [...staging.findings(), ...warnings] };
    }
    if (folder !== active?.folder) await generations.discard(generation);
    const complaint = complaints.find((c) => c.severity === 'error');
    const culprit = complaint && trace(complaint);
    const artefact = culprit && blamed(plan, artefacts, culprit);
    if (!complaint || !culprit || !artefact)
      throw refusedFault(engine, complaint?.text ?? `${stderr}${stdout}`.trim());
    await staging.refuse(artefact, complaint.text, culprit.because);
  }
}

/**
 * The artefact to be replaced: the one complained of. A line of a shared file that one publication asked for is that
 * publication's, as when it includes a file in whose stead nginx names the line.
 */
function blamed(
  { site }: Plan,
  artefacts: readonly Artefact[],
  { path, because }: Attribution,
): Artefact | undefined {
  const named = artefacts.find((a) => a.path === path);
  if (!named || named.isolated) return named;
  const asking = site.publications.find(
    ({ pointer }) => because === pointer || because.startsWith(`${pointer}/`),
  );
  return artefacts.find((a) => asking && a.isolated?.publication === asking.id) ?? named;
}

function warning(engine: ServerEngine, complaint: Complaint, culprit: Attribution | undefined): Finding {
  return {
    severity: 'warning',
    code: 'engine.warned',
    params: { engine: engine.name, text: complaint.text },
    ...(culprit?.because ? { pointer: culprit.because, onKey: true } : {}),
  };
}
