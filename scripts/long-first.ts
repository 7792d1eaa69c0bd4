import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, longest first (2026-11-26): begun last, one of them would run alone while the other
 * workers have nothing left to do. A machine that ran the tests before knows their durations, and a fresh one does not.
 */
export const longest: readonly string[] = [
  'src/apply/hosts/confirm.lab-test.ts',
  'examples/perimeter/perimeter.lab-test.ts',
  'src/daemon/access.lab-test.ts',
  'src/daemon/bastion.lab-test.ts',
  'src/daemon/acme/acme.lab-test.ts',
  'src/fleet/run.lab-test.ts',
  'packaging/service.lab-test.ts',
  'src/apply/hosts/converge.lab-test.ts',
  'src/daemon/cut/cut.test.ts',
  'src/apply/load.test.ts',
  'src/daemon/authority.test.ts',
  'src/apply/executor.test.ts',
  'examples/proofs.test.ts',
  'src/daemon/supervise.test.ts',
  'src/apply/crash.test.ts',
  'src/cli/commands/why-here.test.ts',
  'src/apply/generations.test.ts',
  'src/daemon/portal/browser.test.ts',
  'src/apply/testssl.test.ts',
  'examples/open-prod/populations.test.ts',
];

/** Runs the longest files first. */
export default class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const root = this.ctx.config.root;
    const rank = ({ moduleId }: TestSpecification) => {
      const at = longest.indexOf(relative(root, moduleId));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
