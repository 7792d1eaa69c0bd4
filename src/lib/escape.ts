/**
 * Text as a reader may see it: what XML forbids, line breaks, and characters that reorder the text around them
 * (Unicode UAX 9) become spaces or U+FFFD.
 */
export function clean(text: string): string {
  return text
    .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for SVG and HTML, between tags or in a quoted attribute. */
export function xml(text: string): string {
  return clean(text).replace(/[&<>"']/g, (c) => entities[c] as string);
}

/** Text for Markdown (CommonMark with GitHub's tables), where it can be no markup, no tag and no cell's end. */
export function markdown(text: string): string {
  return clean(text)
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replace(/[&<>]/g, (c) => entities[c] as string);
}

/** The address of a letter to someone; nothing in it can add a field to the letter. */
export function mailto(email: string): string {
  return `mailto:${encodeURIComponent(clean(email)).replaceAll('%40', '@')}`;
}
