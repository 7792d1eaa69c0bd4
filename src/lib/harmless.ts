/**
 * Somebody else's text as it may stand on a terminal: line feeds and tabs stay; other control characters, which would
 * drive the terminal, and those that turn the direction of writing, which would make text lie, become U+FFFD.
 */
export function harmless(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/(?![\n\t])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** Somebody else's name as it stands within a sentence: with a line of its own, it could pass for what we say. */
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
