/**
 * Ends of names that lead nowhere on the internet, so that no public authority certifies them: RFC 6761, RFC 6762,
 * RFC 8375, and what ICANN has set aside or what networks use within.
 */
const inner = new Set(
  'localhost local internal intranet private corp home lan lab test example invalid onion alt localdomain'.split(
    ' ',
  ),
);

/** Whether a name (or a wildcard) can exist in the public DNS. */
export function isPublicName(name: string): boolean {
  const labels = name.toLowerCase().replace(/^\*\./, '').split('.');
  const [second, last] = labels.slice(-2);
  if (labels.length < 2 || last === undefined) return false;
  return !inner.has(last) && !(last === 'arpa' && second === 'home');
}
