import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Site } from '../../model/site.ts';
import engine from './engine.ts';
import { encoded, exactly, line, note, plain, quote, refersToNames, unnamed, write } from './syntax.ts';
import { directPublication, facts, publication, route, service, site, upstream } from './testing.ts';
import { check, openFolder, stage, type TestAuthority, testAuthority } from './testing-gateway.ts';

/** A directive as nginx reads it: its words, and its body when it has one. */
interface Read {
  readonly words: readonly string[];
  readonly body?: readonly Read[];
}

const spaces = ' \t\r\n';

/** nginx's own reading of its language (`ngx_conf_read_token`, 1.22), written apart from what is tested. */
function read(text: string): Read[] {
  let at = 0;
  return body(false);

  function body(inner: boolean): Read[] {
    const found: Read[] = [];
    for (;;) {
      const { words, end } = directive();
      if (end === ';' && words.length > 0) found.push({ words });
      else if (end === '{' && words.length > 0) found.push({ words, body: body(true) });
      else if (end === '}' && inner && words.length === 0) return found;
      else if (end === '' && !inner && words.length === 0) return found;
      else throw new Error(`unexpected "${end}" at ${at}`);
    }
  }

  function directive(): { words: string[]; end: string } {
    const words: string[] = [];
    for (;;) {
      while (spaces.includes(text[at] ?? '-')) at++;
      const first = text[at] ?? '';
      if (first === '' || first === ';' || first === '{' || first === '}') {
        at++;
        return { words, end: first };
      }
      if (first === '#') while (at < text.length && text[at] !== '\n') at++;
      else words.push(word(first));
    }
  }

  function word(first: string): string {
    const quoted = first === '"' || first === "'";
    const start = quoted ? ++at : at;
    for (; at < text.length; at++) {
      const ch = text[at] as string;
      if (ch === '\\') at++;
      else if (ch === '{' && text[at - 1] === '$') continue;
      else if (quoted ? ch === first : `${spaces};{`.includes(ch)) break;
    }
    const raw = text.slice(start, at);
    if (quoted && !`${spaces};{)`.includes(text[++at] ?? ''))
      throw new Error(`no space after a word at ${at}`);
    const meant: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };
    return raw.replace(/\\(["'\\trn])/g, (_, c: string) => meant[c] ?? c);
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is nginx's, not ours.
const dollar = '${poterne_dollar}';

/** Any text that review lets through: no control characters, and not endless. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc
      .array(
        fc.constantFrom(
          '"',
          "'",
          '\\',
          '$',
          '{',
          '}',
          ';',
          '#',
          ' ',
          'a',
          '${',
          '$host',
          '\\n',
          '~',
          '(',
          ')',
          'é',
        ),
      )
      .map((parts) => parts.join('')),
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  .map((t) => t.replace(/[\u0000-\u001f\u007f]/g, ''));

test('a word is read back as it was written', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (words) => {
      expect(read(write([line('', 'a', ...words)]).text)).toEqual([{ words: ['a', ...words] }]);
    }),
    { numRuns: 2000 },
  );
});

test('a comment stays a comment', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (words) => {
      expect(read(write([note('', words)]).text)).toEqual([]);
    }),
  );
});

test.each(['a\nb', 'a\u0000', '\u007f', '\t'])('a control character never gets through: %j', (bad) => {
  expect(() => quote(bad)).toThrow('control character');
});

test('paths stand in URLs', () => {
  expect(encoded('/a b/$x?é#"')).toBe('/a%20b/%24x%3f%C3%A9%23%22');
  expect(encoded('/\ud800')).toBe('/%EF%BF%BD');
});

test.each([
  ['^app(?<n>[0-9]+)\\.x$', '^app([0-9]+)\\.x$'],
  ["(?P<a>x)(?'b'y)", '(x)(y)'],
  ['(?<=a)(?<!b)(?:c)(?=d)', '(?<=a)(?<!b)(?:c)(?=d)'],
  ['\\(?<n>', '\\(?<n>'],
  ['[(?<n>][](?<m>]', '[(?<n>][](?<m>]'],
  ['[[:alpha:](?<n>](?<o>a)', '[[:alpha:](?<n>](a)'],
  ['\\Q(?<n>\\E(?<m>a)', '\\Q(?<n>\\E(a)'],
])('groups lose their names: %s', (regex, without) => expect(unnamed(regex)).toBe(without));

test.each(['\\k<a>', "\\k'a'", '\\g{a}', '(?P=a)', '(?&a)', '(?P>a)', '(?(<a>)b|c)'])(
  '%s names a group',
  (regex) => expect(refersToNames(regex)).toBe(true),
);
test.each(['\\1', '\\g1', '\\g{-1}', '(a)(?:b)', '(?<a>b)'])('%s does not', (regex) =>
  expect(refersToNames(regex)).toBe(false),
);

test('exactly is exact', () => {
  fc.assert(
    fc.property(text, (t) => {
      expect(new RegExp(`^${exactly(t)}$`, 's').test(t)).toBe(true);
    }),
  );
});

/** Texts a user may write at every place where they may stand. */
interface Words {
  readonly title: string;
  readonly name: string;
  readonly prefix: string;
  readonly stripped: string;
  readonly regex: string;
  readonly host: string;
  readonly header: string;
  readonly value: string;
  readonly socket: string;
  readonly trusted: string;
  readonly events: string;
}

const harmless: Words = {
  title: 'title',
  name: 'name',
  prefix: 'prefix',
  stripped: 'stripped',
  regex: 'regex',
  host: 'host',
  header: 'X-Header',
  value: 'value',
  socket: 'socket',
  trusted: 'trusted.lan',
  events: 'events',
};

function siteOf(w: Words): Site {
  const app = service('app', ['http://10.0.0.1:80', upstream('http://10.0.0.2:80')], {
    title: w.title,
    events: [`/p/${w.prefix}/${w.events}`],
    nginx: { 'host-header': `h${w.host}` },
  });
  const inner = service('inner', `unix:/run/${w.socket}`, { events: [`/e${w.events}`] });
  const passed = service('passed', 'tcp://10.0.0.4:993', { title: w.title });
  const safe = service('safe', 'https://10.0.0.3', { trust: { ca: '/ca', name: `t${w.trusted}` } });
  return site(
    [app, inner, safe, passed],
    [
      publication(
        `~^${w.name}$`,
        [
          route(`/p/${w.prefix}/`, 'app'),
          route(`>/s/${w.stripped}/`, 'inner'),
          route(`~^/r${w.regex}`, 'safe'),
        ],
        {
          id: 'hostile',
          example: 'hostile.localhost',
          tls: { kind: 'internal', names: ['hostile.localhost'], pointer: '' },
          nginx: { headers: { add: { [w.header]: w.value } } },
        },
      ),
      directPublication(`~^d${w.regex}${w.name}$`, 'passed', { id: 'passed', example: 'passed.localhost' }),
    ],
  );
}

const words = fc.record({
  title: fc.string({ unit: 'binary' }),
  name: text,
  prefix: text,
  stripped: text,
  regex: text,
  host: text,
  header: fc.stringMatching(/^[A-Za-z!#%&'*+.^_`|~-]{1,20}$/),
  value: text,
  socket: text,
  trusted: text,
  events: text,
});

const files = (w: Words): Map<string, Read[]> =>
  new Map(
    engine
      .render(siteOf(w), facts())
      .flatMap((a) => [
        [a.path, a.text] as const,
        ...(a.isolated ? ([[`stand-in ${a.path}`, a.isolated.standIn.text]] as const) : []),
      ])
      .filter(([path]) => /\.(?:conf|map)$/.test(path))
      .map(([path, t]) => [path, read(t)]),
  );

/** What a configuration does, without the words that users choose. */
const shape = (tree: readonly Read[]): unknown =>
  tree.map(({ words: [name], body }) => (body ? [name, shape(body)] : name));

const variables = (tree: readonly Read[]): string[] =>
  tree.flatMap(({ words: [name = '', ...rest], body = [] }) => [
    ...(['server_name', 'location', 'server', 'proxy_ssl_trusted_certificate'].includes(name)
      ? []
      : rest
    ).flatMap((w) => w.replaceAll(dollar, '').match(/\$\{?\w*/g) ?? []),
    ...variables(body),
  ]);

/** The same directives, in the same order, with no variables but our own. */
function sameAsHarmless(w: Words): void {
  const hostile = files(w);
  for (const [path, tree] of files(harmless)) {
    const other = hostile.get(path) ?? [];
    // What stands first in a map is a key, and the user's.
    if (path.endsWith('.map'))
      expect(other.map(({ words: [key, ...to] }) => [key?.slice(0, 2), ...to])).toEqual(
        tree.map(({ words: [key, ...to] }) => [key?.slice(0, 2), ...to]),
      );
    else expect(shape(other)).toEqual(shape(tree));
    expect(new Set(variables(other))).toEqual(new Set(variables(tree)));
  }
}

describe('no text of a user breaks out', () => {
  test('whatever it is, the directives and the variables stay the same', () => {
    fc.assert(
      fc.property(words, (w) => {
        // The same place twice is one place; that changes the directives, and rightly.
        fc.pre(w.events !== '' && !new Set([`/p/${w.prefix}/`]).has(`/s/${w.stripped}/`));
        sameAsHarmless(w);
      }),
      { numRuns: 300 },
    );
  });

  test('a dollar is a dollar', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is nginx's, not ours.
    const add = { 'X-A': 'costs $5 or ${b}' };
    const described = site(
      [service('app', 'http://10.0.0.1')],
      [publication('a.example', 'app', { nginx: { headers: { add } } })],
    );
    const file = engine.render(described, facts()).find((a) => a.path.startsWith('publications/'));
    expect(file?.text).toContain(`add_header X-A "costs ${dollar}5 or ${dollar}{b}" always;`);
    expect(plain('$')).toBe(dollar);
  });

  describe('and nginx reads it so', () => {
    let authority: TestAuthority;
    const folders: string[] = [];
    beforeAll(async () => {
      authority = await testAuthority('hostile');
    });
    afterAll(() => Promise.all(folders.map((f) => rm(f, { recursive: true, force: true }))));

    const accepted = async (w: Words): Promise<string> => {
      const prefix = await openFolder();
      folders.push(prefix);
      const { gateway, services, ...rest } = siteOf(w);
      // What is not about words: ports of our own, and no CA file to read.
      const trusting = services.map((s) => (s.name === 'safe' ? service('safe', 'http://10.0.0.3') : s));
      const folder = await stage(
        {
          ...rest,
          services: trusting,
          gateway: { ...gateway, listen: ['127.0.0.1'], httpPort: 19_998, httpsPort: 19_999 },
        },
        prefix,
        authority,
      );
      const { code, output } = await check(prefix, folder);
      return code === 0 ? 'accepted' : output;
    };

    test('harmless words, and hostile ones in every place', async () => {
      const nasty = `a b;} server { return 200 "x"; } # ' $host \${x} \\" \\ é {`;
      const hostile: Words = {
        ...harmless,
        title: `\n} ${nasty}`,
        prefix: nasty,
        stripped: nasty,
        name: `a{1,2}[";#]\\d "' \\{ $host`,
        regex: `/[";{}#' ]{1,2}\\$host "'`,
        host: nasty,
        header: "X-'#$".replace('$', ''),
        value: nasty,
        socket: nasty,
        trusted: nasty,
        events: nasty,
      };
      expect(await accepted(harmless)).toBe('accepted');
      expect(await accepted(hostile)).toBe('accepted');
    });

    test('a sample of random ones', async () => {
      const sample = fc.sample(words, { numRuns: 12, seed: 7 });
      for (const w of sample) {
        // As regular expressions these need only be valid, which is nginx's to say.
        const literal = { ...w, name: exactly(w.name), regex: exactly(w.regex), events: `e${w.events}` };
        expect([literal, await accepted(literal)]).toEqual([literal, 'accepted']);
      }
    });
  });
});
