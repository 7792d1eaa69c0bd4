import { xml } from './escape.ts';

/** HTML that may stand in a page as it is. Only `html` makes it. */
export interface Html {
  readonly html: string;
}

/** What may stand in a template: texts are escaped, HTML stays, and what is absent is nothing. */
export type Part = Html | string | number | false | undefined | readonly Part[];

/** A template of HTML: `html`<p>${name}</p>``. What is put in is escaped unless it is HTML itself; attributes must be in double quotes. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.map((text, i) => text + (i < parts.length ? written(parts[i]) : '')).join('') };
}

function written(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'string') return xml(part);
  if (typeof part === 'number') return String(part);
  if ('html' in part) return part.html;
  return part.map(written).join('');
}
