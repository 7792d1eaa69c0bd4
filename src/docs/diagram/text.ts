/** How text is set; widths are in em of fonts that readers commonly have, rounded up (DejaVu Sans is the widest). */
export type Font = 'sans' | 'bold' | 'mono';

const ems = { sans: 0.6, bold: 0.72, mono: 0.61 } as const;

/** The width that a text needs at most, in pixels: without the reader's fonts it can only be estimated. */
export function textWidth(text: string, size: number, font: Font): number {
  let width = 0;
  // East Asian characters and pictures are square.
  for (const character of text) width += (character.codePointAt(0) as number) >= 0x1100 ? 1.05 : ems[font];
  return Math.ceil(width * size);
}

/** As much of a text as fits a width, with an ellipsis when that is not all of it. */
export function fitText(text: string, width: number, size: number, font: Font): string {
  if (textWidth(text, size, font) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size, font) > width) characters.pop();
  return `${characters.join('')}…`;
}
