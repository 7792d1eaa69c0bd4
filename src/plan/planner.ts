import type { Engine } from '../engines/engine.ts';
import { engines as allEngines } from '../engines/index.ts';
import type { Facts } from '../model/facts.ts';
import { deepFreeze } from '../model/freeze.ts';
import type { Plan } from '../model/plan.ts';
import type { Site } from '../model/site.ts';
import { exposure } from './topology.ts';

/** What is wanted of the world, from the description and what was read of the machine. Pure and deterministic. */
export function plan(site: Site, facts: Facts, engines: readonly Engine[] = allEngines): Plan {
  return deepFreeze({
    site,
    artefacts: engines.flatMap((engine) => engine.render(site, facts)),
    expectations: engines.flatMap((engine) => engine.expect(site)),
    exposure: exposure(site),
  });
}
