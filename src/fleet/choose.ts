/** What a selector looks at. */
export interface Choosable {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The names of the hosts that `expression` selects (`all`, a host's name, `group:NAME`), in the description's order. */
export function choose(expression: string, hosts: readonly Choosable[]): readonly string[] {
  const asked = expression.trim();
  const group = /^group:(.+)$/.exec(asked)?.[1];
  return hosts
    .filter(({ name, groups }) => asked === 'all' || name === asked || (group && groups.includes(group)))
    .map(({ name }) => name);
}
