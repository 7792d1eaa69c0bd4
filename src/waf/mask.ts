import { harmless } from '../lib/harmless.ts';

/** Words of attacks, of which rules speak: none is anybody's secret, and without them nobody sees why a rule matched. */
const known = new Set(
  `select union insert update delete drop table from where order group having join into values and or not null like between
  case when then else end exec execute declare sleep benchmark waitfor delay concat char cast convert version database
  script javascript onerror onload onclick alert document cookie iframe img src svg href style object embed eval
  etc passwd shadow bin sh bash cmd powershell wget curl cat echo ping system shell exe php include require base64 http https
  file ftp gopher data jndi ldap rmi java lang runtime class union all sqlmap nikto admin root de la le les et ou a the of`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

const secretName =
  /pass|pwd|mdp|mot.?de|secret|token|jeton|csrf|xsrf|auth|session|sid\b|otp|pin\b|code|key|cle\b|credential|signature|iban|card|cvv|assertion|saml/i;

/** Whether what stands under this name (`ARGS:password`) may be secret: then not even its shape is shown. */
function isSecretTarget(target: string | undefined): boolean {
  if (target === undefined) return false;
  if (/^(?:REQUEST_COOKIES|REQUEST_HEADERS:(?:Cookie|Authorization|Proxy-Authorization))/i.test(target))
    return true;
  // A name that is itself what matched (ARGS_NAMES) is no value.
  return secretName.test(target.slice(target.indexOf(':') + 1)) && target.includes(':');
}

const longest = 80;

/**
 * What somebody sent, so that one sees what kind of characters matched and not what was said: letters become x, digits 9, words of
 * attacks stay. Secret ones become their length.
 */
export function mask(value: string, target?: string): string {
  if (isSecretTarget(target)) return `(${value.length})`;
  const shown = value.slice(0, longest);
  const masked = shown.replace(/[\p{L}\p{M}]+|\p{N}+/gu, (word) =>
    known.has(word.toLowerCase()) ? word : /^\p{N}/u.test(word) ? '9'.repeat(word.length) : shape(word),
  );
  return `${line(masked)}${value.length > longest ? '…' : ''}`;
}

/** Letters keep their case and whether they are ASCII: rules make that difference. */
const shape = (word: string): string =>
  word.replace(/\p{L}|\p{M}/gu, (c) => (c > '\u007f' ? 'é' : c === c.toUpperCase() ? 'X' : 'x'));

const line = (text: string): string => harmless(text).replace(/[\n\t]/g, '␤');

/** A name that a client chose, as it may be shown: short, on a line. */
export function maskName(name: string): string {
  const shown = line(name.slice(0, longest));
  return name.length > longest ? `${shown}…` : shown;
}

/**
 * A path under which requests belong together: what names one thing of many (a number, a UUID, a digest, an address of somebody,
 * anything long and mixed) becomes `:id`.
 */
export function foldPath(path: string): string {
  const folded = path
    .slice(0, 2000)
    .split('/')
    .map((part) => (isId(part) ? ':id' : line(part)))
    .slice(0, 12)
    .join('/');
  return folded.length > 200 ? `${folded.slice(0, 200)}…` : folded;
}

function isId(part: string): boolean {
  if (/^\d+$/.test(part) || /@|%40/i.test(part)) return true;
  if (/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(part)) return true;
  if (/^(?=.*\d)[\da-f]{8,}$/i.test(part)) return true;
  // Letters and digits mixed, long, without a dot as file names have.
  return /^(?=.*\d)(?=.*[A-Za-z])[\w~-]{16,}$/.test(part) || part.length > 64;
}
