import type { Expectation } from '../../model/expectation.ts';

/** Who is banned is nobody's promise: that bans work is proved by the tests, and not by attacks on a site. */
export const expect = (): readonly Expectation[] => [];
