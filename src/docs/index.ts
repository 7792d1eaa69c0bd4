import { say } from '../i18n/index.ts';
import type { Flow } from '../model/flow.ts';
import type { Language, Site } from '../model/site.ts';
import { diagramSvg } from './diagram/svg.ts';
import { perimeterHtml } from './html.ts';
import { perimeterMarkdown } from './markdown.ts';
import { type Origin, perimeterOf } from './perimeter.ts';

export type { Origin } from './perimeter.ts';

/** A file of the documentation, by its name in the folder that is asked for. */
export interface Document {
  readonly path: string;
  readonly text: string;
}

/**
 * The documents of a site: a page, a diagram and a Markdown text in each language, the first being that of
 * `index.html`. With several languages, the other files say theirs: `perimeter.fr.md`.
 */
export function documents(site: Site, origin: Origin, languages: readonly Language[]): readonly Document[] {
  const perimeter = perimeterOf(site, origin);
  const suffix = (language: Language) => (languages.length > 1 ? `.${language}` : '');
  const page = (language: Language) => (language === languages[0] ? 'index.html' : `index.${language}.html`);
  return languages.flatMap((language) => {
    const diagram = `diagram${suffix(language)}.svg`;
    const others = languages.filter((other) => other !== language);
    const siblings = others.map((other) => ({ language: other, file: page(other) }));
    return [
      { path: page(language), text: perimeterHtml(perimeter, language, siblings) },
      { path: diagram, text: diagramSvg(perimeter, language, true) },
      { path: `perimeter${suffix(language)}.md`, text: perimeterMarkdown(perimeter, language, diagram) },
    ];
  });
}

/** The same as data; each reason has its code, its values and its words. */
export function documentData(site: Site, origin: Origin, language: Language): object {
  const perimeter = perimeterOf(site, origin);
  const worded = <T extends Pick<Flow, 'reasons'>>(of: T) => ({
    ...of,
    reasons: of.reasons.map(({ say: told, because }) => ({ ...told, text: say(language, told), because })),
  });
  return { ...perimeter, flows: perimeter.flows.map(worded), local: perimeter.local.map(worded) };
}
