import { stoppedByLevel } from './crs-enough.ts';

/**
 * Parts of regular expressions of CRS 3.3 that take time growing with the square of what they read, or its cube: 8 KB of `{`, or of spaces after
 * `union`, held a worker for 8 seconds, and PCRE gave up on some, which ModSecurity takes for "nothing found". In their place stands what finds
 * the same in time that grows with the length (`same`), or looks only so far ahead (`near`).
 */

const raw = String.raw;

/** What of a shell's line may stand before a command (932100, 932105, 932106, 932150). */
const shell = raw`\s*(?:{|\s*\(\s*|\w+=(?:[^\s]*|\$.*|\$.*|<.*|>.*|\'.*\'|".*")\s+|!\s*|\$)*\s*(?:'|")*(?:[\?\*\[\]\(\)\-\|+\w'"\./\\\\]+/)?[\\\\'"]*`;
const simple = raw`\w{1,64}+=[^\s]{0,500}+\s[\s{(!$]{0,200}+`;
const quoting = raw`\w{1,64}+=(?:[$<>].{0,60}?|'.{0,60}?'|".{0,60}?")\s[\s{(!$]{0,200}+`;
const shellNear = (path: string) =>
  raw`(?:${simple}){0,20}(?:${simple}|${quoting}){0,2}(?:(?:${path}|(?<=\())/)?[\\\\'"]{0,40}`;

/** The same of Windows (932110, 932115). */
const windows = raw`\s*[\(,@\'"\s]*(?:[\w'"\./]+/|[\\\\'"\^]*\w[\\\\'"\^]*:.*\\\\|[\^\.\w '"/\\\\]*\\\\)?["\^]*`;
const windowsNear = raw`[ \t\f\x0b\(,@\'"]*+(?:(?:[\w'"\./]{1,2000}|(?<=['"]))/|[\\\\'"\^]{0,20}\w[\\\\'"\^]{0,20}:.{0,200}\\\\|[\^\.\w '"/\\\\]{0,2000}\\\\)?["\^]{0,20}`;

/** What stands in the files, and what in its place. A text that none of these is in stays as it is: rules that were brought, too. */
const parts: readonly (readonly [from: string, to: string])[] = [
  // What begins again within (a line, a brace, a pipe) is found from there; blanks that nothing begins in are looked past, however many.
  [
    raw`(?:^|=)${shell}`,
    raw`(?:^|=)[ \t\r\f\x0b{(!$]*+` + shellNear(raw`[\?\*\[\]\(\)\-\|+\w'"\./\\\\]{1,1000}`),
  ],
  [
    shell,
    raw`[ \t\f\x0b]*+[ \t\f\x0b(!$]{0,1000}+` + shellNear(raw`[\?\*\[\]\(\)\-+\w'"\./\\\\]{1,500}\|?|\|`),
  ],
  [windows, windowsNear],
  // 932100.
  [raw`|\.\s).*|7`, raw`|\.\s).{0,200}|7`],
  // 932140. The first `if` sees all that later ones see.
  [
    raw`\b(?:if(?:/i)?(?: not)?(?: exist\b| defined\b| errorlevel\b| cmdextversion\b|(?: |\().*(?:\bgeq\b`,
    raw`(?:\bif(?:/i)?(?: not)?(?: exist\b| defined\b| errorlevel\b| cmdextversion\b)|\A(?>[\s\S]*?(?=\bif(?:/i)?(?: not)?[ (]))\K(?:if(?:/i)?(?: not)?[ (].*(?:\bgeq\b`,
  ],
  [
    raw`|for(?:/[dflr].*)? %+[^ ]+ in\(.*\)\s?do)`,
    raw`|\bfor(?:/[dflr].{0,100}?)? %[^ ]{1,100} in\(.{0,200}?\)\s?do)`,
  ],
  // 933210. From the last opening to the next call.
  [
    raw`(?:(?:\(|\[)[a-zA-Z0-9_.$"'\[\](){}/*\s]+(?:\)|\])[0-9_.$"'\[\](){}/*\s]*\([a-zA-Z0-9_.$"'\[\](){}/*\s].*\)`,
    raw`(?:(?:\(|\[)[a-zA-Z0-9_.$"'\[\](){}/*\s][a-zA-Z0-9_.$"'\]){}/*\s]*[([]?(?:\)|\])[0-9_.$"'\[{}/*\s]*\([a-zA-Z0-9_.$"'\[\](){}/*\s][^)]{0,1000}\)`,
  ],
  // 941140. The first such element, and the last `=`.
  [
    raw`(?:<(?:(?:apple|objec)t|isindex|embed|style|form|meta)\b[^>]*?>[\s\S]*?|(?:=|U\s*?R\s*?L\s*?\()\s*?[^>]*?\s*?S\s*?C`,
    raw`(?:\A(?>[\s\S]*?(?=<(?:(?:apple|objec)t|isindex|embed|style|form|meta)\b))\K<\w+[^>]*>|(?:=[^>=]*?|U\s*?R\s*?L\s*?\([^>=]{0,1000}?)S\s*?C`,
  ],
  // 941160. The first beginning sees all that later ones see; of an element's name, the last `<`.
  [
    raw`(?i:(?:<\w[\s\S]*[\s\/]|['"](?:[\s\S]*[\s\/])?)(?:on(?:d`,
    raw`(?i:(?:\A(?>[\s\S]*?(?=<\w|['"]))\K(?:<\w|['"])[\s\S]*[\s\/]|['"])(?:on(?:d`,
  ],
  [
    raw`<[^\w<>]*(?:[^<>"'\s]*:)?[^\w<>]*\W*?(?:(?:a\W*?(?:n`,
    raw`<(?:[^\w<>]*+[^<>"'\s]*:)?[^\w<]{0,1000}?(?:(?:a\W*?(?:n`,
  ],
  [raw`|i?\W*?f\W*?r\W*?a\W*?m\W*?e|`, raw`|(?:i\W*?)?f\W*?r\W*?a\W*?m\W*?e|`],
  [raw`|i\W*?m\W*?a?\W*?g\W*?e?|`, raw`|i\W*?m\W*?(?:a\W*?)?g\W*?e?|`],
  // 942180.
  [raw`[\w\s-]+\s*?[+<>=(),-]\s*?[\d"'${'`'}]`, raw`[\w\s-]+[+<>=(),-]\s*?[\d"'${'`'}]`],
  [
    raw`[!=|](?:[\d\s!=+-]+.*?["'${'`'}(].*?|[\d\s!=]+.*?\d+)$|`,
    raw`[!=|](?:[\d\s!=+-].*?["'${'`'}(]|[\d\s!=].*?\d$)|`,
  ],
  [
    raw`|(?:\W*?[+=]+\W*?|[<>~]+)["'${'`'}])|(?:/\*)+["'${'`'}]+`,
    raw`|(?:[^\w"'${'`'}+=]*[+=][^\w"'${'`'}]*|[<>~]+)["'${'`'}])|/\*["'${'`'}]+`,
  ],
  [raw`where\s[\s\w\.,-]+\s=`, raw`where\s[\s\w\.,-]{2,1000}+(?<=\s)=`],
  // 942190.
  [raw`nion(?:[\w(\s]*?select| select @)`, raw`nion(?:[\w(\s]{0,500}?select| select @)`],
  [raw`elect.*?\w?user\()`, raw`elect.{0,500}?user\()`],
  [raw`|\s*?exec(?:ute)?.*?\Wxp_cmdshell`, raw`|exec(?:ute)?.{0,500}?\Wxp_cmdshell`],
  // 942240.
  [
    raw`(?:;*?\s*?waitfor\s+(?:delay|time)\s+["'${'`'}]|;.*?:\s*?goto)|alter\s*?\w+.*?cha`,
    raw`(?:;*?\s*?waitfor\s+(?:delay|time)\s+["'${'`'}]|;.{0,500}?:\s*?goto)|alter\s*?\w.{0,500}?cha`,
  ],
  // 942251. A space before it is not of a word either.
  [raw`(?i)\W+\d*?\s*?having`, raw`(?i)\W\d*having`],
  // 942260.
  [
    raw`\s+[\s\w]+=\s*?\w+\s*?having\s+|like(?:\s+[\s\w]+=\s*?\w+\s*?having\s+|\W*?["'${'`'}\d])|[^?\w\s=.,;)(]++\s*?[(@"'${'`'}]*?\s*?\w+\W+\w`,
    raw`\s[\s\w]{1,500}+=\s{0,200}+\w{1,200}\s{0,200}+having\s+|like(?:\s[\s\w]{1,500}+=\s{0,200}+\w{1,200}\s{0,200}+having\s+|\W{0,200}?["'${'`'}\d])|[^?\w\s=.,;)(]{1,200}+\s{0,200}+[(@"'${'`'}]{0,40}\s{0,200}+\w+\W+\w`,
  ],
  [
    raw`(?:union\s*?(?:distinct|[(!@]*?|all)?\s*?[([]*?\s*?select|select\s+?[\[\]()\s\w\.,"'${'`'}-]+from)\s+`,
    raw`(?:union\s*+(?:distinct|[(!@]{0,40}|all)\s{0,200}+[([]{0,40}\s{0,200}+select|select\s[\[\]()\s\w\.,"'${'`'}-]{1,1000}from)\s+`,
  ],
  // 942300.
  [raw`|like|and|div|&&)\s+\s*?\w+\(`, raw`|like|and|div|&&)\s+\w+\(`],
  // 942340.
  [raw`(?:is\s*?(?:[\d.]+\s*?\W.*?["'${'`'}]`, raw`(?:is\s*?(?:[\d.]{1,100}\s{0,100}?\W.{0,500}?["'${'`'}]`],
  [
    raw`(?:\W+[\w+-]+\s*?=\s*?\d\W+|\|?[\w-]{3,}[^\w\s.,]+)["'${'`'}]`,
    raw`(?:\W{1,200}[\w+-]{1,200}\s{0,200}+=\s{0,200}+\d\W{1,200}|\|?[\w-]{3}(?:[\w-]*\w)?[^\w\s.,]+)["'${'`'}]`,
  ],
  [
    raw`\s+[\s\w+]+(?:sounds\s+like\s*?["'${'`'}]|regexp\s*?\(|[=\d]+x)`,
    raw`\s[\s\w+]{1,500}(?:sounds\s+like\s*?["'${'`'}]|regexp\s*?\(|[=\d]{1,20}x)`,
  ],
  // 942360 and 942361. From the last line that may begin it.
  [raw`^[\W\d]+\s*?(?:`, raw`^[\W\d][^A-Za-z_\n]*+\n?(?:`],
  // 942370.
  [
    raw`(?:\*.+(?:(?:an|i)d|between|like|x?or|div)\W*?["'${'`'}]|(?:between|like|x?or|and|div)\s[^\d]+[\w-]+.*?)\d|[^\w\s?]+\s*?[^\w\s]+\s*?["'${'`'}]|[^\w\s]+\s*?[\W\d].*?(?:--|#))|.*?\*\s*?\d)|[()\*<>%+-][\w-]+[^\w\s]+["'${'`'}][^,]`,
    raw`(?:\*.{1,500}(?:(?:an|i)d|between|like|x?or|div)\W{0,60}?["'${'`'}]|(?:between|like|x?or|and|div)\s[^\d][^\w-]{0,200}+[\w-].{0,500}?)\d|[^\w\s?]{1,60}\s{0,60}+[^\w\s]{1,60}\s{0,60}+["'${'`'}]|[^\w\s][\W\d].{0,500}?(?:--|#)))|\A(?>[\s\S]*?(?=["'${'`'}]))\K["'${'`'}].*?\*\s*?\d|[()\*<>%+-](?:\w+|-)[^\w\s]{1,200}["'${'`'}][^,]`,
  ],
  // 942480.
  [
    raw`elect\b.{1,100}?\b(?:(?:(?:length|count)\b.{1,100}?|.*?\bdump\b.*)\bfrom|to(?:p\b.{1,100}?\bfrom|_(?:numbe|cha)r)|(?:from\b.{1,100}?\bwher|data_typ)e|instr)|`,
    raw`elect\b(?:.{1,100}?\b(?:(?:length|count)\b.{1,100}?\bfrom|to(?:p\b.{1,100}?\bfrom|_(?:numbe|cha)r)|(?:from\b.{1,100}?\bwher|data_typ)e|instr)|.{1,200}?\bdump\b.{0,100}?\bfrom)|`,
  ],
  [
    raw`group\b.*?\bby\b.{1,100}?\bhaving|d(?:elete\b\W*?\bfrom|bms_\w+\.)|load\b\W*?\bdata\b.*?\binfile)`,
    raw`group\b.{0,200}?\bby\b.{1,100}?\bhaving|d(?:elete\b\W{0,200}?\bfrom|bms_\w+\.)|load\b\W{0,200}?\bdata\b.{0,200}?\binfile)`,
  ],
  [raw`(?:;\W*?\b(?:shutdown|drop)`, raw`(?:;[^\w;]*+(?:shutdown|drop)`],
];

/** In a file of SecLang, quotes of an expression are escaped. */
const written = (expression: string): string => expression.replaceAll('"', raw`\"`);

/** As they stand in files of rules. */
export const replacements = parts.map(([from, to]) => [written(from), written(to)] as const);

/** A file of rules as it is loaded: with these parts replaced, and with looks whether enough was found. */
export const bounded = (text: string): string =>
  stoppedByLevel(replacements.reduce((now, [from, to]) => now.replaceAll(from, () => to), text));
