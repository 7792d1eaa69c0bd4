/** The largest logo, in bytes: each page of the gateway's own carries it. */
export const largestLogo = 64 << 10;

/** The media type of a logo by its content; of what is neither SVG nor PNG, none. */
export function logoType(bytes: Uint8Array): 'image/svg+xml' | 'image/png' | undefined {
  // PNG (W3C), 5.2: the signature of every file. An SVG's root element comes after a prologue of any length.
  if (Buffer.from(bytes.subarray(0, 8)).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png';
  return /<(?:\w+:)?svg[\s>]/.test(Buffer.from(bytes).toString('latin1')) ? 'image/svg+xml' : undefined;
}

/**
 * A logo as part of a page, which needs nothing else to show it: a `data:` URL (RFC 2397). Nothing in an SVG that is shown as an image
 * runs. What is no logo is nothing.
 */
export function logoMarkup(bytes: Uint8Array): string {
  const type = bytes.length > largestLogo ? undefined : logoType(bytes);
  if (type === undefined) return '';
  return `<img src="data:${type};base64,${Buffer.from(bytes).toString('base64')}" alt="" height="40">`;
}
