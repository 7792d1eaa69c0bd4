import type { AudienceRule } from '../model/audience.ts';

/**
 * What a path in its normal form does not have (RFC 3986, 6.2.2): what nginx, or somebody behind it, would resolve, merge or decode into
 * another path. A regular expression, for the path as it was sent.
 */
export const misshapen = [
  ...['//', '/\\.{1,2}(?:/|;|%3b|$)', '\\\\', '#'],
  ...['%2f', '%5c', '%2e', '%[01][0-9a-f]', '%7f', '%(?:25)+(?:2e|2f|5c)'],
  // Longer than UTF-8 allows (RFC 3629, 3): careless decoders read %c0%af as a slash.
  ...['(?:%c[01]|[\\xc0\\xc1])(?:%[89ab]|[\\x80-\\xbf])', '(?:%e0|\\xe0)(?:%[89]|[\\x80-\\x9f])'],
].join('|');

/**
 * The same, and what some services cut off before they read a path: parameters of its segments (`;`), a query or a fragment in disguise,
 * and dots and spaces at the end of a segment, which Windows has no names with.
 */
export const ambiguous = `${misshapen}|;|%3b|%3f|%23|(?:\\.|%20)(?:[/?]|$)`;

/**
 * Paths that the rules of an audience tell apart fall into classes: each prefix of a rule is one, named by itself, and a path is of the
 * longest that it begins with. What no rule names is of the root's.
 */
export const rootClass = '/';

/** Paths that a service may read as others: only rules for all paths let these in, and every rule that denies counts. */
export const unclearClass = 'unclear';

/** The prefixes that rules name, the longest first. */
export function pathClasses(rules: readonly Pick<AudienceRule, 'paths'>[]): readonly string[] {
  return [...new Set(rules.flatMap(({ paths }) => paths ?? []))].sort(
    (a, b) => b.length - a.length || (a < b ? -1 : 1),
  );
}

/** What a prefix's class is called: the prefix as a URL has it, for a header. */
export const className = (prefix: string): string =>
  encodeURI(prefix.toWellFormed()).replace(/[$?#]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

/** The class of a path as it is sent (`/rfe/x%20y?z`), as nginx tells it too. */
export function classOf(rules: readonly Pick<AudienceRule, 'paths'>[], sent: string): string {
  const prefixes = pathClasses(rules);
  if (prefixes.length === 0) return rootClass;
  const path = sent.replace(/\?.*$/s, '');
  const decoded = decodedPath(path);
  if (decoded === undefined || new RegExp(ambiguous, 'i').test(path)) return unclearClass;
  for (const prefix of prefixes) {
    if (decoded.startsWith(prefix)) return className(prefix);
    // A service may take capitals for small letters, and `/rfe` for `/rfe/`.
    if (`${decoded}/`.toLowerCase().startsWith(prefix.toLowerCase())) return unclearClass;
  }
  return rootClass;
}

/** Whether a rule speaks of a class of paths. */
export function speaksOf({ paths, verdict }: AudienceRule, pathClass: string): boolean {
  if (paths === undefined) return true;
  if (pathClass === unclearClass) return verdict === 'deny';
  return paths.some((prefix) => pathClass.startsWith(className(prefix)));
}

function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
