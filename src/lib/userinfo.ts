/**
 * The same text with what stands before the `@` of a URL (RFC 3986, 3.2.1: a user, often a password) starred out, one
 * character for one, so that what points into the text still points right. Rather too much is hidden than too little.
 */
export function withoutUserinfo(text: string): string {
  return text.replace(/(?<=:\/\/)[^\s"']+(?=@)/g, (hidden) => '*'.repeat(hidden.length));
}

/** The same for a line of a description: what stands after `password:` is starred out too, unless a file holds it. */
export function withoutSecrets(line: string): string {
  return withoutUserinfo(line).replace(/(?<=\bpassword["']?\s*:\s*)[^\s{].*/g, (hidden) =>
    '*'.repeat(hidden.length),
  );
}
