import type { Expectation } from '../../model/expectation.ts';

/**
 * A firewall's promises are what the flows say, whatever firewall keeps them: they are made from the flows, not here.
 */
export const expect = (): readonly Expectation[] => [];
