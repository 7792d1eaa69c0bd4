import type { Route } from '../model/site.ts';
import type { Waf } from '../model/waf.ts';

/** What a browser would run, a database obey and a file system give away; a service that gets it can do nothing with it. */
const attack = '<script>alert(1)</script> 1 UNION SELECT password FROM users-- ../../../etc/passwd';

/** What the rules count at least for it, at any paranoia level (CRS 3.3: 45; 4 more), with room for those that a later one finds no more. */
const surely = 25;

const name = 'poterne-asks-itself';
const last = `${name}?poterne=${encodeURIComponent(attack).replaceAll('%20', '+').replaceAll('%2F', '/')}`;
/** How such a question ends. */
export const wafQuestionEnd = `/${last}`;

/** Path and query of an attack that a firewall looks at, wherever it leads; nothing where everything is skipped. */
export function wafQuestion(routes: readonly Route[], { skip }: Waf): string | undefined {
  const folders = routes.filter(({ match }) => match !== 'regex').map(({ path }) => path);
  const path = ['/', ...folders]
    .map((folder) => `${folder.replace(/\/*$/, '/')}${name}`)
    .find((each) => !skip.some((one) => (one.endsWith('/') ? each.startsWith(one) : each === one)));
  return path === undefined ? undefined : path.slice(0, -name.length) + last;
}

/** Whether path and query are such a question, of whatever publication. */
export const isWafQuestion = (target: string): boolean =>
  target.endsWith(wafQuestionEnd) && /^[^?#]*$/.test(target.slice(0, -wafQuestionEnd.length));

/** Whether a firewall surely blocks it: five is what one rule counts, and what is excluded counts no more. */
export const surelyBlocks = ({ mode, thresholds, exclusions }: Waf): boolean =>
  mode === 'block' && thresholds.inbound + 5 * exclusions.length <= surely;
