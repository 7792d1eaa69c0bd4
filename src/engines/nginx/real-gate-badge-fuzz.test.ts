import { once } from 'node:events';
import http2 from 'node:http2';
import tls from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { anew, begin, cookieOf, end, gate, giving, passOf, whoIs } from './testing-badges.ts';

// Cookies and headers made up by the thousand, the same in every run: what comes in by badge is told as who is asked about, and nobody else comes in.

beforeAll(begin);
afterAll(end);
beforeEach(anew);

/** mulberry32 */
function seeded(seed: number) {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number): number => Math.floor(random() * n);
  const one = <T>(those: readonly T[]): T => those[below(those.length)] as T;
  return { below, one, times: <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make) };
}

interface Seen {
  readonly status: number;
  /** What the service was told, where it was reached. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const seenOf = (status: number, body: string): Seen => ({
  status,
  headers: status === 200 ? JSON.parse(body).headers : {},
});

let visitors = 0;

/** A connection of somebody with an address of their own: each may have 300 verdicts a second. */
const connect = (host: string, protocol: 'http/1.1' | 'h2') =>
  tls.connect({
    ...{ port: gate.gateway.site.gateway.httpsPort, host: '127.0.0.1', servername: host },
    ...{ ca: gate.authority.pem, ALPNProtocols: [protocol], localAddress: `127.0.1.${++visitors}` },
  });

/** One connection, on which requests are written as they are. */
async function talk(host: string) {
  const socket = connect(host, 'http/1.1');
  await once(socket, 'secureConnect');
  const chunks = socket[Symbol.asyncIterator]();
  let came = Buffer.alloc(0);
  const answer = (): Seen | undefined => {
    const at = came.indexOf('\r\n\r\n');
    if (at < 0) return undefined;
    const head = came.toString('latin1', 0, at);
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
    const last = '0\r\n\r\n';
    const stop = length === undefined ? came.indexOf(last, at + 2) : at + 4 + Number(length);
    if (stop < 0 || came.length < stop) return undefined;
    const body = came.toString('latin1', at + 4, stop);
    came = came.subarray(length === undefined ? stop + last.length : stop);
    return seenOf(Number(head.slice(9, 12)), body);
  };
  return {
    /** Asks all at once; gives their answers, in order. */
    async ask(requests: readonly string[]): Promise<Seen[]> {
      const answers: Seen[] = [];
      socket.write(requests.join(''), 'latin1');
      while (answers.length < requests.length) {
        const next = answer();
        if (next) answers.push(next);
        else {
          const { value, done } = await chunks.next();
          if (done) throw new Error(`ended at ${requests[answers.length]}`);
          came = Buffer.concat([came, value]);
        }
      }
      return answers;
    },
    leave: () => socket.destroy(),
  };
}

const request = (host: string, lines: readonly string[]): string =>
  [`GET / HTTP/1.1`, `Host: ${host}`, ...lines, '', ''].join('\r\n');

const host = 'other.localhost';
/** How often the daemon was asked about the request of that name. */
const timesAsked = (name: string) =>
  gate.daemon.asked.filter((asked) => asked['x-poterne-agent'] === name).length;

const tokens = ['a', 'SID', '__Host-', '__Host-a', '__host-poterne', '_Host-poterne', '__Secure-x'];
const theirs = [...tokens, 'x__Host-poterne', '$Version', 'a.b', '__Host-potern'];
const ours = ['__Host-poterne-state', '__Host-poterne2', '__Host-poterne-', '__Host-poternes'];
const values = [
  ...[
    '',
    '""',
    '"a b"',
    '=',
    'a=b==',
    'x',
    ' ',
    'a b',
    'a, b',
    '%3B%20',
    '|',
    '|||',
    '/../',
    '\\',
    '{"a":[1]}',
  ],
  ...['__Host-poterne=x', 'é', '\t', passOf('alice'), 'x'.repeat(300), "'", '*+(', '$1', '\xa0'],
];

test('the service sees the same cookies by badge as by the way of asking, and none of ours', async () => {
  const { below, one, times } = seeded(41);
  const cookie = (names: readonly string[]) => () => `${one(names)}${one(['=', '=', '=', ''])}${one(values)}`;
  const made = times(1200, () => {
    const isPlain = below(3) > 0;
    const state = below(4) === 0 ? ['__Host-poterne-state=x'] : [];
    const some = () =>
      isPlain ? times(below(7), cookie(theirs)) : times(below(4), cookie([...theirs, ...ours, '']));
    const at = below(4);
    const place = (n: number) => (n === at ? state : []);
    const around = [
      [...place(0), ...some(), ...place(1)],
      [...place(2), ...some(), ...place(3)],
    ] as const;
    const parts = [...around[0], cookieOf('alice'), ...around[1]].map((part) => part.trim());
    if (isPlain) return { isPlain, cookie: parts.filter(Boolean).join('; ') };
    const written = parts.reduce(
      (text, part) => text + one(['; ', '; ', ';', ';  ', ' ; ', ';\t', '; ; ']) + part,
    );
    return { isPlain, cookie: one(['', '', ' ', ';', '; ']) + written + one(['', '', ';', '; ']) };
  });
  let badges = 0;
  for (let from = 0; from < made.length; from += 100) {
    const on = await talk(host);
    const those = made.slice(from, from + 100).map((each, n) => ({ ...each, name: `made-${from + n}` }));
    const lines = those.map((each) => [`Cookie: ${each.cookie}`, `User-Agent: ${each.name}`]);
    const byBadge = await on.ask(lines.map((each) => request(host, each)));
    // What an application is shown besides is asked about.
    const asked = await on.ask(lines.map((each) => request(host, [...each, 'Authorization: Basic eA=='])));
    on.leave();
    const of = ({ status, headers }: Seen) => [status, headers['x-poterne-user'], headers.cookie];
    let slow = 0;
    those.forEach(({ cookie, isPlain, name }, n) => {
      const [by, about] = [byBadge[n] as Seen, asked[n] as Seen];
      expect(of(by), cookie).toEqual(of(about));
      for (const part of (by.headers.cookie ?? '').split(';'))
        expect(part.trim(), cookie).not.toMatch(/^__Host-poterne/);
      if (timesAsked(name) === 1) badges++;
      else if (isPlain) slow++;
      if (isPlain) expect(of(by).slice(0, 2), cookie).toEqual([200, 'alice']);
    });
    // The first one, and another where a badge ended meanwhile.
    expect(slow).toBeLessThan(4);
  }
  expect(badges).toBeGreaterThan(600);
});

test('whoever has ten cookies of an application before theirs and ten behind comes in by badge', async () => {
  const many = (from: string) => Array.from({ length: 10 }, (_, n) => `${from}${n}=${'v/+=%'.repeat(n * 8)}`);
  const on = await talk(host);
  const lines = [`Cookie: ${[...many('before'), cookieOf('alice'), ...many('behind')].join('; ')}`];
  const seen = await on.ask(Array.from({ length: 10 }, () => request(host, lines)));
  on.leave();
  expect(gate.daemon.asked.length).toBeLessThan(3);
  for (const { headers } of seen)
    expect(headers).toMatchObject({
      'x-poterne-user': 'alice',
      cookie: [...many('before'), ...many('behind')].join('; '),
    });
});

const people = ['alice', 'bob', 'carol'] as const;
const pot = 'Bearer pot_bob.secret';

/** Lets in who shows a whole pass, and tells whom it has let in. */
const strict: typeof gate.daemon.answer = (asked, outgoing) => {
  const known = people.some((name) => asked.cookie === `__Host-poterne=${passOf(name)}`);
  if (!known) return void outgoing.writeHead(401).end();
  giving()({ ...asked, authorization: undefined }, outgoing);
};

/** Somebody's cookie, with something done to it. */
function mutated({ below, one, times }: ReturnType<typeof seeded>): string {
  const [name, other] = [one(people), one(people)];
  let text = one([
    () => cookieOf(name),
    () => cookieOf(name, whoIs(other)),
    () => `${cookieOf(name)}; ${cookieOf(other)}`,
    () => `a=1; ${cookieOf(name)}; b=2`,
    () => `__Host-poterne=x; ${cookieOf(name)}`,
    () => `__Host-poterne=${passOf(name)}`,
    () => `__Host-poterne=${passOf(name)}.s0123456789abcdef.${'m'.repeat(22)}|${whoIs(one(people))}`,
    () => cookieOf(name).replace(passOf(name).slice(0, 17), passOf(other).slice(0, 17)),
    () => cookieOf(name).replace(passOf(name).slice(18, 30), passOf(other).slice(18, 30)),
    () => cookieOf(name, `${one(['.', '..', 'x/..', '', 'root', '%2e'])}/${whoIs(other)}`),
    () => cookieOf(name, `${other}|Root|root@example.fr|admins`),
  ])();
  for (const _ of times(below(3), () => 0)) {
    const [at, more] = [below(text.length), below(8)];
    const put = one([
      ' ',
      ';',
      '; ',
      '|',
      '=',
      '/',
      '/../',
      '.',
      '"',
      '\\',
      ',',
      '%',
      '\t',
      'a',
      '_',
      'é',
      '\xa0',
      '$2',
      '__Host-poterne=',
    ]);
    const part = text.slice(below(text.length)).slice(0, below(90));
    text = one([
      text.slice(0, at) + put + text.slice(at),
      text.slice(0, at) + text.slice(at + more),
      text.slice(0, at) + put + text.slice(at + put.length),
      text.slice(0, at) + part + text.slice(at),
    ]);
  }
  return text;
}

const forged = [
  'X-Poterne-User',
  'X-Poterne-Groups',
  'X-Poterne-Jwt',
  'X-Poterne-Who',
  'X-Poterne-Verdict',
  'X_Poterne_User',
  'X-Poterne-Name',
  'x-poterne-email',
];

/** What is wrong with what the service was told, of a request that showed this. */
function wrong({ status, headers }: Seen, shown: string): string | undefined {
  if (status !== 200) return [401, 400].includes(status) ? undefined : `answered ${status}`;
  const user = headers['x-poterne-user'] ?? '';
  if (!people.some((name) => name === user)) return `let in "${user}"`;
  if (!shown.includes(passOf(user).slice(18, 40))) return `let in ${user}, whose secret was not shown`;
  const rest = ['name', 'email', 'jwt'].filter((each) => headers[`x-poterne-${each}`]);
  if (headers['x-poterne-groups'] !== 'staff,admins' || rest.length > 0) return `told of ${user}: ${rest}`;
  if ((headers.cookie ?? '').split(';').some((part) => part.trim().startsWith('__Host-poterne')))
    return `told ${headers.cookie}`;
  return headers.authorization?.includes('pot_') ? `told ${headers.authorization}` : undefined;
}

test('nobody comes in as somebody whose secret they do not show, whatever else they do, over HTTP/1.1', async () => {
  gate.daemon.answer = strict;
  const random = seeded(30);
  const { below, one, times } = random;
  let admitted = 0;
  for (let batch = 0; batch < 25; batch++) {
    const on = await talk(host);
    const made = times(100, () => {
      const cookie = mutated(random);
      const lines = cookie.includes('; ') && below(4) === 0 ? cookie.split('; ') : [cookie];
      const more = times(
        below(3),
        () => `${one(forged)}: ${one([...people, 'root', 'admins', whoIs(one(people))])}`,
      );
      if (below(8) === 0)
        more.push(`Authorization: ${one(['', '/', '/..', '|', '0', pot, whoIs('bob'), '\xa0'])}`);
      return [...lines.map((line) => `Cookie: ${line}`), ...more];
    });
    // All of them have a badge on this connection.
    await on.ask(people.map((name) => request(host, [`Cookie: ${cookieOf(name)}`])));
    const seen = await on.ask(made.map((each) => request(host, each)));
    on.leave();
    seen.forEach((each, n) => {
      const shown = (made[n] ?? []).filter((line) => line.startsWith('Cookie')).join('; ');
      expect(wrong(each, shown), made[n]?.join('\n')).toBeUndefined();
      if (each.status === 200) admitted++;
    });
  }
  expect(admitted).toBeGreaterThan(500);
});

test('nor over HTTP/2, on one connection with others', async () => {
  gate.daemon.answer = strict;
  const random = seeded(2);
  let admitted = 0;
  for (let batch = 0; batch < 8; batch++) {
    const session = http2.connect(`https://${host}`, { createConnection: () => connect(host, 'h2') });
    const ask = async (headers: http2.OutgoingHttpHeaders): Promise<Seen> => {
      const stream = session.request({ ':path': '/', ':authority': host, ...headers });
      const [response] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
      let body = '';
      for await (const chunk of stream) body += chunk;
      return seenOf(Number(response[':status']), body);
    };
    await Promise.all(people.map((name) => ask({ cookie: cookieOf(name) })));
    const made = random.times(100, () => {
      const cookie = mutated(random)
        .replace(/[^\t\x20-\x7e]/g, 'x')
        .trim();
      return random.below(2) === 0 ? [cookie] : cookie.split('; ').map((each) => each.trim());
    });
    const seen = await Promise.all(
      made.map((cookie) =>
        ask({ cookie: cookie as never, [random.one(forged).replaceAll('_', '-')]: 'root' }),
      ),
    );
    session.close();
    seen.forEach((each, n) => {
      const shown = (made[n] ?? []).join('; ');
      expect(wrong(each, shown), shown).toBeUndefined();
      if (each.status === 200) admitted++;
    });
  }
  expect(admitted).toBeGreaterThan(150);
});
