import type { Engine } from '../engines/engine.ts';
import { engines as allEngines } from '../engines/index.ts';
import type { Expectation } from '../model/expectation.ts';
import type { Facts } from '../model/facts.ts';
import { deepFreeze } from '../model/freeze.ts';
import type { Plan } from '../model/plan.ts';
import { type Host, isManaged, type Site } from '../model/site.ts';
import { clientPromises, partnerPromises, partnerPromisesHere } from './partner-promises.ts';
import { networkPromises, reachesGateway } from './promises.ts';
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

/**
 * Every promise that the description makes to whoever stands on a described machine: of the network, and of those
 * publications that it may reach.
 */
export function expectationsFrom(
  site: Site,
  vantage: Host,
  engines: readonly Engine[] = allEngines,
): readonly Expectation[] {
  const reached = new Set(
    site.publications.filter(({ pointer }) => reachesGateway(site, vantage, pointer)).map(({ name }) => name),
  );
  // Shut out of one publication, it is let in at the door for another, and refused there with words.
  const isAtDoor = reachesGateway(site, vantage);
  const gateway = site.hosts.find(({ name }) => name === site.gateway.host);
  const isGuarded = gateway !== undefined && isManaged(gateway);
  const names = new Set(site.publications.map(({ name }) => name));
  const published = expectations(site, engines).filter(
    ({ about }) => !isGuarded || (names.has(about) ? reached.has(about) || isAtDoor : isAtDoor),
  );
  return deepFreeze([...published, ...networkPromises(site, vantage), ...partnerPromises(site, vantage)]);
}

/** The same to whoever stands on the gateway, which may be a machine that the description does not tell of. */
export function expectationsHere(
  site: Site,
  engines: readonly Engine[] = allEngines,
): readonly Expectation[] {
  return deepFreeze([...expectations(site, engines), ...partnerPromisesHere(site)]);
}

/** Every promise that the description makes: what it takes to prove it from anywhere, without the gateway's machine. */
export function expectations(site: Site, engines: readonly Engine[] = allEngines): readonly Expectation[] {
  return deepFreeze([...engines.flatMap((engine) => engine.expect(site)), ...clientPromises(site)]);
}
