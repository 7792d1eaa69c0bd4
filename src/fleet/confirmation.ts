import type { Site } from '../model/site.ts';

/** A group whose hosts nothing is run on unless somebody says so, and those of its hosts that were selected. */
export interface Confirmation {
  readonly group: string;
  readonly hosts: readonly string[];
}

/** What must be confirmed (by `--yes`, or by typing each group's name) before something is run on the hosts of these names. */
export function confirmationNeeded(
  names: readonly string[],
  { hosts, confirm }: Pick<Site, 'hosts' | 'confirm'>,
): readonly Confirmation[] {
  const selected = hosts.filter(({ name }) => names.includes(name));
  return confirm
    .map((group) => ({
      group,
      hosts: selected.filter(({ groups }) => groups.includes(group)).map(({ name }) => name),
    }))
    .filter((each) => each.hosts.length > 0);
}
