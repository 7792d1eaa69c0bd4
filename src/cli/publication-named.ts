import { nearest } from '../lib/hints.ts';
import { message } from '../model/message.ts';
import type { Publication, Site } from '../model/site.ts';
import { WrongRequest } from './exit.ts';

/** The publication of a name, however it is written. Throws `publication.undescribed`. */
export function publicationNamed({ publications }: Site, name: string): Publication {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  const found =
    publications.find((each) => each.name === wanted || each.name === name) ??
    publications.find((each) => each.example === wanted);
  if (found) return found;
  const names = publications.map((each) => each.name);
  const meant = nearest(name, names);
  throw new WrongRequest(
    'publication.undescribed',
    { name, names: names.join(', ') || '–' },
    meant === undefined ? {} : { next: message('hint.nearest', { nearest: meant }) },
  );
}
