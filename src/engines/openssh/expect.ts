import type { Expectation } from '../../model/expectation.ts';

/** Who reaches an SSH server is what the flows say; what it takes is proved on the host itself, where sshd tells (`effective`). */
export const expect = (): readonly Expectation[] => [];
