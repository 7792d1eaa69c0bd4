import type { Publication } from '../model/site.ts';

/** What stands in a URL as the whole of a name: with anything else a wildcard would match where another host is meant (`evil?.example.fr`). */
const hostname = /^(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i;

type Named = Pick<Publication, 'name' | 'match' | 'scenario'>;

/** The publication that has a name as its own, or as one of its wildcard, of which the longest counts; none by an expression. */
export function literallyAt<P extends Named>(publications: readonly P[], host: string): P | undefined {
  const some = publications.filter(({ scenario }) => scenario !== 'direct');
  const [longest] = some
    .filter(({ match, name }) => match === 'wildcard' && host.endsWith(name.slice(1)))
    .sort((a, b) => b.name.length - a.name.length);
  return some.find(({ match, name }) => match === 'exact' && name === host) ?? longest;
}

/** The publication that answers to a name, as nginx looks for it: exact, then the longest wildcard, then the first expression. */
export function publicationAt<P extends Named>(
  { publications }: { readonly publications: readonly P[] },
  host: string,
): P | undefined {
  if (!hostname.test(host)) return undefined;
  return (
    literallyAt(publications, host) ??
    publications.find(
      ({ scenario, match, name }) => scenario !== 'direct' && match === 'regex' && matches(name, host),
    )
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
