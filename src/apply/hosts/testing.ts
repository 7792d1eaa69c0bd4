import type { LabHost } from '../../../lab/host.ts';
import type { Lab } from '../../../lab/lab.ts';
import type { SshSettings } from '../../hosts/ssh.ts';
import type { SshTarget } from '../../hosts/target.ts';
import type { Bundle, BundleFile, BundlePart, HostReport, PartReport, Unit } from '../../model/bundle.ts';
import type { Message } from '../../model/message.ts';
import { type ConvergeOptions, convergeHost } from './converge.ts';

/** Helpers of the tests on real hosts. */

/** A part with nothing in it but what is given. */
export function part(name: string, given: Partial<BundlePart> = {}): BundlePart {
  const nothing = { packages: [], carried: [], accounts: [], folders: [], files: [] };
  return { name, ...nothing, checks: [], actions: [], units: [], ...given };
}

/** A file of root's that everybody reads, unless otherwise given. */
export function file(path: string, text: string, given: Partial<BundleFile> = {}): BundleFile {
  const common = { mode: 0o644, owner: 'root', group: 'root', secret: false, because: '' };
  return { path, content: { text }, ...common, ...given };
}

/** A unit that runs and is enabled, unless otherwise given. */
export function unit(name: string, given: Partial<Unit> = {}): Unit {
  return { name, enabled: true, running: true, onChange: 'restart', ...given };
}

/** A host of a lab, and what one does with it. */
export interface Bench {
  readonly host: LabHost;
  readonly target: SshTarget;
  readonly settings: SshSettings;
  plan(parts: readonly BundlePart[], more?: Partial<ConvergeOptions>): Promise<HostReport>;
  apply(parts: readonly BundlePart[], more?: Partial<ConvergeOptions>): Promise<HostReport>;
  /** What a command, run by root on the host, says on standard output; it must not fail. */
  says(...argv: readonly string[]): Promise<string>;
}

/** A lab's host, reached as the unprivileged user, through sudo, unless otherwise given. */
export function bench(lab: Lab, name: string, given: Partial<SshTarget> = {}): Bench {
  const host = lab.host(name);
  const target: SshTarget = { name, address: host.address, user: 'debian', ...given };
  const settings: SshSettings = { config: lab.sshConfig };
  const run =
    (mode: 'plan' | 'apply') =>
    (parts: readonly BundlePart[], more: Partial<ConvergeOptions> = {}) => {
      const bundle: Bundle = { host: name, parts };
      return convergeHost(target, bundle, { settings, mode, ...more });
    };
  const says = async (...argv: readonly string[]) => {
    const { code, stdout, stderr } = await host.run(argv);
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr || stdout}`);
    return stdout.trim();
  };
  return { host, target, settings, plan: run('plan'), apply: run('apply'), says };
}

/** Each part's outcome by its name. */
export function outcomes(report: HostReport): Record<string, PartReport['outcome']> {
  return Object.fromEntries(report.parts.map(({ name, outcome }) => [name, outcome]));
}

/** A report's changes in words, as `add file /etc/motd`. */
export function changes(report: HostReport): readonly string[] {
  return report.parts.flatMap((each) =>
    each.changes.map(({ kind, what, name }) => `${kind} ${what} ${name}`),
  );
}

/** Gathers the codes that a run tells. */
export function told(): { readonly codes: string[]; tell(step: Message): void } {
  const codes: string[] = [];
  return { codes, tell: ({ code }) => void codes.push(code) };
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
