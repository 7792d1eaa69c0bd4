import { createTwoFilesPatch } from 'diff';
import type { Artefact } from '../model/plan.ts';

/** The generated files line by line, before and after, as `diff -u` writes it; files that stay the same are left out. */
export function unifiedDiff(
  before: ReadonlyMap<string, string>,
  after: readonly Pick<Artefact, 'path' | 'text'>[],
): string {
  const wanted = new Map(after.map((artefact) => [artefact.path, artefact.text]));
  const paths = [...new Set([...before.keys(), ...wanted.keys()])].sort();
  return paths
    .filter((path) => before.get(path) !== wanted.get(path))
    .map((path) => {
      const [from, to] = [before.get(path), wanted.get(path)];
      const name = (there: unknown) => (there === undefined ? '/dev/null' : path);
      return createTwoFilesPatch(name(from), name(to), from ?? '', to ?? '', '', '', { context: 3 })
        .split('\n')
        .filter((l) => !/^(=+$|Index: )/.test(l))
        .join('\n');
    })
    .join('');
}
