/*
 * SHA256SUMS as `sha256sum` of coreutils writes and reads it: a digest, two spaces, a name; a line whose name has a
 * backslash or a line feed begins with a backslash, and has them escaped.
 */

/** The list of digests, by path, in its order. */
export function writeSums(files: readonly { readonly path: string; readonly sha256: string }[]): string {
  return files
    .map(({ path, sha256 }) => {
      const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
      return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`;
    })
    .join('');
}

/** The digests by path; `undefined` when a line is none, or a path is there twice. */
export function readSums(text: string): ReadonlyMap<string, string> | undefined {
  const sums = new Map<string, string>();
  if (!text.endsWith('\n')) return undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, isEscaped, sha256, name] = /^(\\?)([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (sha256 === undefined || name === undefined) return undefined;
    const path = isEscaped
      ? name.replace(/\\([\\nr])/g, (_, c) => (c === 'n' ? '\n' : c === 'r' ? '\r' : '\\'))
      : name;
    if (sums.has(path)) return undefined;
    sums.set(path, sha256);
  }
  return sums;
}
