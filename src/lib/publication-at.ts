import type { Publication } from '../model/site.ts';

/** What stands in a URL as the whole of a name: with anything else a wildcard would match where another host is meant (`evil?.example.fr`). */
const hostname = /^(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i;

/** The publication that answers to a name, as nginx looks for it: exact, then the longest wildcard, then the first expression. */
export function publicationAt<P extends Pick<Publication, 'name' | 'match' | 'scenario'>>(
  { publications }: { readonly publications: readonly P[] },
  host: string,
): P | undefined {
  if (!hostname.test(host)) return undefined;
  const some = publications.filter(({ scenario }) => scenario !== 'direct');
  const wild = some
    .filter(({ match, name }) => match === 'wildcard' && host.endsWith(name.slice(1)))
    .sort((a, b) => b.name.length - a.name.length);
  return (
    some.find(({ match, name }) => match === 'exact' && name === host) ??
    wild[0] ??
    some.find(({ match, name }) => match === 'regex' && matches(name, host))
  );
}

/** An expression without an end takes any host for its own: nobody is sent there with a code. */
function matches(name: string, host: string): boolean {
  try {
    const expression = new RegExp(name.replace(/^~\s*/, ''), 'i');
    return expression.test(host) && !expression.test(`${host}.invalid`);
  } catch {
    // PCRE takes what JavaScript does not: such a name has no single sign-on.
    return false;
  }
}
