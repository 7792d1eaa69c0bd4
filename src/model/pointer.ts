/** A JSON Pointer (RFC 6901) into the merged description, e.g. `/publications/erp.localhost/service`. */
export type Pointer = string;

/** The pointer to the value reached by these keys and indexes; `pointer()` is the whole document. */
export function pointer(...segments: readonly (string | number)[]): Pointer {
  return segments.map((s) => `/${String(s).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The keys and indexes of a pointer, unescaped; the inverse of `pointer`. */
export function segments(at: Pointer): string[] {
  return at
    .split('/')
    .slice(1)
    .map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'));
}
