import { isGuarded, type Site } from '../../model/site.ts';

/** Whether visitors of a site are asked who they are: only then anything listens. */
export const hasEntry = ({ signIn, publications }: Site): boolean =>
  signIn !== undefined || publications.some(isGuarded);
