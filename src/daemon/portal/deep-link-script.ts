import { createHash } from 'node:crypto';

/**
 * The end of a link (`#id=7`) never gets to a server: browsers keep it through redirects, and lose it when a form is sent (Fetch, §4.4). So the page where
 * somebody arrives writes it behind where they wish to go. What is a place of this page is not one of a link, and a backslash is none of a URL.
 */
const script = `'use strict';
const { hash } = location;
if (hash.length > 1 && hash.length <= 2000 && !document.getElementById(hash.slice(1))) {
  const end = hash.replaceAll('\\\\', '%5C');
  const ended = (to) => (to.includes('#') ? to : to + end);
  for (const field of document.querySelectorAll('input[name=to]')) field.value = ended(field.value);
  for (const link of document.querySelectorAll('a[href*="to="]')) {
    const url = new URL(link.href);
    const to = url.searchParams.get('to');
    if (url.origin !== location.origin || !to) continue;
    url.searchParams.set('to', ended(to));
    link.href = url.href;
  }
}
`;

/** The script, and its path, which changes when it does. */
export const deepLinkScript = {
  text: script,
  path: `/deep-link-${createHash('sha256').update(script).digest('hex').slice(0, 12)}.js`,
} as const;
