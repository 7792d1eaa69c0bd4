/** What text needs against what is behind it (WCAG 2.2, 1.4.3, level AA). */
export const readableContrast = 4.5;

type Rgb = readonly [number, number, number];

function channels(colour: string): Rgb {
  const digits = colour.slice(1);
  const long = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  return [0, 2, 4].map((i) => Number.parseInt(long.slice(i, i + 2), 16)) as unknown as Rgb;
}

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const [red, green, blue] = channels(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two colours, from 1 to 21 (WCAG 2.2). */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** The nearest colour to one, towards black or white, that can be read on all of these backgrounds. */
export function readableOn(
  colour: string,
  backgrounds: readonly string[],
  towards: 'black' | 'white',
): string {
  const end = towards === 'black' ? 0 : 255;
  const from = channels(colour);
  for (let step = 0; step <= 100; step++) {
    const mixed = `#${from
      .map((value) => Math.round(value + ((end - value) * step) / 100))
      .map((value) => value.toString(16).padStart(2, '0'))
      .join('')}`;
    if (backgrounds.every((background) => contrast(mixed, background) >= readableContrast)) return mixed;
  }
  return towards === 'black' ? '#000000' : '#ffffff';
}

/** Black or white, whichever is easier to read on a colour. */
export function inkOn(colour: string): string {
  return contrast(colour, '#ffffff') >= contrast(colour, '#000000') ? '#ffffff' : '#000000';
}
