import type { Language } from '../model/site.ts';
import { xml } from './escape.ts';
import { pageStyle } from './page-style.ts';

/** The same document in another language. */
export interface Sibling {
  readonly language: Language;
  readonly file: string;
}

/** What stands around a document. Texts are escaped here. */
export interface Page {
  readonly language: Language;
  readonly title: string;
  /** What it comes from, below the title. */
  readonly origin: string;
  /** CSS beside what all pages have. */
  readonly style: string;
  /** Its parts, by the identifiers of their sections. */
  readonly entries: readonly { readonly id: string; readonly title: string }[];
  readonly siblings: readonly Sibling[];
}

const languageNames = { en: 'English', fr: 'Français' } as const;

/** An HTML page around `main` (HTML) that needs nothing else: no script, no other file, readable on paper and at night. */
export function htmlPage({ language, title, origin, style, entries, siblings }: Page, main: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${xml(title)}</title>
<style>
${pageStyle}
${style}
</style>
</head>
<body>
<header>
<h1>${xml(title)}</h1>
<p class="origin">${xml(origin)}</p>
<nav>
${entries.map((entry) => `<a href="#${entry.id}">${xml(entry.title)}</a>`).join('\n')}
${siblings.map((each) => `<a class="language" href="${xml(each.file)}" hreflang="${each.language}" lang="${each.language}">${languageNames[each.language]}</a>`).join('\n')}
</nav>
</header>
<main>
${main}
</main>
</body>
</html>
`;
}
