/** Another's text, as it may stand in a header and on a page. */
export function shown(text: string | undefined): string | undefined {
  const clean = text
    ?.replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 256);
  return clean === '' ? undefined : clean;
}
