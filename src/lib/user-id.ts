/** A user's id in parts: `carol@example.fr@entra` is `carol@example.fr` of the directory `entra`; local names hold no `@`. */
export function idParts(id: string): { readonly login: string; readonly source?: string } {
  const at = id.lastIndexOf('@');
  return at < 0 ? { login: id } : { login: id.slice(0, at), source: id.slice(at + 1) };
}

/** The id of somebody whose name was written by hand: as sources have it, composed and in small letters. */
export function userIdOf(written: string): string {
  const { login, source } = idParts(written.trim().normalize('NFC'));
  return source === undefined ? login.toLowerCase() : `${login.toLowerCase()}@${source}`;
}
