import type { Engine } from '../engines/engine.ts';
import { engines as allEngines } from '../engines/index.ts';
import type { Expectation } from '../model/expectation.ts';
import type { Facts } from '../model/facts.ts';
import { deepFreeze } from '../model/freeze.ts';
import type { Plan } from '../model/plan.ts';
import type { Site } from '../model/site.ts';
import { exposure } from './topology.ts';

/** What is wanted of the world, from the description and what was read of the machine. Pure and deterministic. */
export function plan(site: Site, facts: Facts, engines: readonly Engine[] = allEngines): Plan {
  return deepFreeze({
    site,
    artefacts: engines.flatMap((engine) => (engine.kind === 'server' ? engine.render(site, facts) : [])),
    expectations: expectations(site, engines),
    exposure: exposure(site),
  });
}

/** Every promise that the description makes: what it takes to prove it from anywhere, without the gateway's machine. */
export function expectations(site: Site, engines: readonly Engine[] = allEngines): readonly Expectation[] {
  return deepFreeze(engines.flatMap((engine) => engine.expect(site)));
}
