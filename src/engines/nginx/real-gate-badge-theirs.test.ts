import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { anew, begin, by, came, cookieOf, end, gate, having, passOf, whoIs } from './testing-badges.ts';
import { told } from './testing-gateway.ts';
import { onOne } from './testing-guarded.ts';

// A badge is of one person, connection, publication, name and address: whatever else is shown is asked about.

beforeAll(begin);
afterAll(end);
beforeEach(anew);

const alice = whoIs('alice');

describe('a badge is nobody else’s', () => {
  const pass = passOf('alice');
  test.each([
    ['nothing else', cookieOf('alice'), 'alice', 'badge', undefined],
    ['cookies around it', `a=1; b=2; ${cookieOf('alice')}; c=3; d=4`, 'alice', 'badge', 'a=1; b=2; c=3; d=4'],
    ['a cookie before', `a=1; ${cookieOf('alice')}`, 'alice', 'badge', 'a=1'],
    ['a cookie behind', `${cookieOf('alice')}; a=1`, 'alice', 'badge', 'a=1'],
    [
      'the state of signing in',
      `a=1; __Host-poterne-state=x; ${cookieOf('alice')}; b=2`,
      'alice',
      'badge',
      'a=1; b=2',
    ],
    // As browsers order them, whose pass is older than the state, or whose state is older than what an application set.
    [
      'the state first',
      `__Host-poterne-state=x; a=1; ${cookieOf('alice')}; b=2`,
      'alice',
      'badge',
      'a=1; b=2',
    ],
    [
      'the state behind',
      `a=1; ${cookieOf('alice')}; __Host-poterne-state=x; b=2`,
      'alice',
      'badge',
      'a=1; b=2',
    ],
    [
      'the state last',
      `${cookieOf('alice')}; b=2; c=3; __Host-poterne-state=x`,
      'alice',
      'badge',
      'b=2; c=3',
    ],
    ['the state alone behind', `${cookieOf('alice')}; __Host-poterne-state=x`, 'alice', 'badge', undefined],
    ['another of ours behind', `${cookieOf('alice')}; __Host-poterne-x=1`, 'alice', 'asked', undefined],
    ['no space between', `a=1;${cookieOf('alice')}`, 'alice', 'asked', 'a=1'],
    ['quotes', `__Host-poterne="${pass}|${alice}"`, 401, 'asked', undefined],
    ['no identity', `__Host-poterne=${pass}`, 'alice', 'asked', undefined],
    ['two, hers first', `${cookieOf('alice')}; ${cookieOf('bob')}`, 401, 'asked', undefined],
    ['two, hers last', `__Host-poterne=x; ${cookieOf('alice')}`, 401, 'asked', undefined],
    ['two in one', `__Host-poterne=x;${cookieOf('alice')}`, 401, 'asked', undefined],
    ['the same twice', `${cookieOf('alice')}; ${cookieOf('alice')}`, 401, 'asked', undefined],
    ['another’s identity', cookieOf('alice', whoIs('bob')), 'alice', 'asked', undefined],
    ['another’s pass', cookieOf('bob', alice), 'bob', 'asked', undefined],
    ['a group more', cookieOf('alice', `${alice},root`), 'alice', 'asked', undefined],
    ['a name', cookieOf('alice', 'alice|Root||staff,admins'), 'alice', 'asked', undefined],
    [
      'an identity of before',
      cookieOf('alice', 'alice|of-alice|||staff,admins'),
      'alice',
      'asked',
      undefined,
    ],
    ['a part more', cookieOf('alice', `${alice}|x`), 'alice', 'asked', undefined],
    ['a part less', cookieOf('alice', 'alice||staff,admins'), 'alice', 'asked', undefined],
    ['another case', cookieOf('alice', alice.toUpperCase()), 'alice', 'asked', undefined],
    ['a folder above', cookieOf('alice', `x/../${alice}`), 'alice', 'asked', undefined],
    ['her folder from another', cookieOf('alice', `bob|||root/../${alice}`), 'alice', 'asked', undefined],
    ['the same folder', cookieOf('alice', `./${alice}`), 'alice', 'asked', undefined],
    ['a slash more', cookieOf('alice', `${alice}/`), 'alice', 'asked', undefined],
    ['dots', cookieOf('alice', '..|..|..|..'), 'alice', 'asked', undefined],
    ['encoded', cookieOf('alice', alice.replace('alice', '%61lice')), 'alice', 'asked', undefined],
    [
      'an end of her pass that is not read',
      `__Host-poterne=${pass.slice(0, -1)}x|${alice}`,
      'alice',
      'badge',
      undefined,
    ],
    [
      'a pass with another beginning',
      `__Host-poterne=${pass.slice(0, 18)}x${pass.slice(19)}|${alice}`,
      'alice',
      'asked',
      undefined,
    ],
    [
      'a mark',
      `__Host-poterne=${pass}.s0123456789abcdef.${'m'.repeat(22)}|${alice}`,
      'alice',
      'badge',
      undefined,
    ],
    ['another id', `__Host-poterne=${pass.replace('alice', 'carol')}|${alice}`, 'alice', 'badge', undefined],
    ['a short pass', `__Host-poterne=alice.secret|${alice}`, 'alice', 'asked', undefined],
    ['a longer id', `__Host-poterne=x${pass}|${alice}`, 'xalice', 'asked', undefined],
    // She has shown it on this connection: how much of what is around it is a cookie of another name is no matter.
    [
      'her pass in another cookie',
      `__Host-poterne=; x=${'y'.repeat(13)}.${pass.slice(18)}|${alice}`,
      'alice',
      'badge',
      undefined,
    ],
    [
      'a path in what is read of it',
      `__Host-poterne=${pass.slice(0, 20)}/../${pass.slice(24)}|${alice}`,
      401,
      'asked',
      undefined,
    ],
    ['a pass with a path', `__Host-poterne=x/../${pass}|${alice}`, 401, 'asked', undefined],
    ['a pass with more', `__Host-poterne=${pass}; x=|${alice}`, 'alice', 'asked', `x=|${alice}`],
    ['a long pass', `__Host-poterne=alice.${'a'.repeat(5000)}|${alice}`, 401, 'asked', undefined],
    ['a long identity', cookieOf('alice', `${alice}${',x'.repeat(2000)}`), 'alice', 'asked', undefined],
    ['a name alike', `__Host-Poterne=${pass}|${alice}`, 401, 'asked', undefined],
    ['a name around', `x__Host-poterne=${pass}|${alice}`, 401, 'asked', undefined],
    ['a tab', `a=1;\t${cookieOf('alice')}`, 'alice', 'asked', 'a=1'],
    ['another behind a tab', `${cookieOf('alice')}; \t__Host-poterne=${pass}`, 401, 'asked', undefined],
    [
      'another before, behind a tab',
      `a=1; \t__Host-poterne=x; ${cookieOf('alice')}`,
      401,
      'asked',
      undefined,
    ],
    [
      'another of ours behind a tab',
      `${cookieOf('alice')}; \t__Host-poterne-x=1`,
      'alice',
      'asked',
      undefined,
    ],
  ])('shown with %s', async (_, cookie, user, how, seen) => {
    const agent = await having('alice');
    await having('bob');
    const before = gate.daemon.asked.length;
    const reply = await gate.gateway.get('other.localhost', '/', by(cookie, agent));
    expect(gate.daemon.asked.length > before ? 'asked' : 'badge').toBe(how);
    if (reply.status !== 200) return expect(reply.status).toBe(user);
    const { headers } = told(reply);
    expect(headers).toMatchObject({ 'x-poterne-user': user, 'x-poterne-groups': 'staff,admins' });
    for (const name of ['name', 'email', 'jwt']) expect(headers[`x-poterne-${name}`]).toBeUndefined();
    expect((headers.cookie ?? '').trimEnd() || undefined).toBe(seen?.trimEnd());
    // Nobody else got one by that.
    expect(await came('other.localhost', by(cookieOf('alice'), agent))).toEqual(['alice', 'badge']);
  });

  test('on another connection, at another publication or name, from another address', async () => {
    const agent = await having('alice');
    expect(await came('other.localhost', by(cookieOf('alice')))).toEqual(['alice', 'asked']);
    const ask = by(cookieOf('alice'), agent);
    expect(await came('other.localhost', { ...ask, from: '127.0.0.9', agent: onOne() })).toEqual([
      'alice',
      'asked',
    ]);
    const wild = await having('alice', 'a.wild.localhost');
    const raw = async (text: string, host: string) => {
      const before = gate.daemon.asked.length;
      const answer = await gate.raw(host, text);
      return [answer.match(/(?<=HTTP\/1.1 )\d+/g), gate.daemon.asked.length - before];
    };
    wild.destroy();
    const get = (host: string, more = '') =>
      `GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookieOf('alice')}\r\n${more}\r\n`;
    // One connection, one after the other without waiting: the name asked for is another one of the same publication.
    const name = 'a.wild.localhost';
    expect(await raw(get(name) + get(name) + get(name, 'Connection: close\r\n'), name)).toEqual([
      ['200', '200', '200'],
      1,
    ]);
    const misled = get(name) + get('b.wild.localhost') + get('other.localhost', 'Connection: close\r\n');
    expect((await raw(misled, name))[0]).toEqual(['200', '421', '421']);
  });

  test('beside a token or what an application is shown, the way is the one of before', async () => {
    const agent = await having('alice');
    const shown = async (authorization: string) => {
      const before = gate.daemon.asked.length;
      const reply = await gate.gateway.get(
        'other.localhost',
        '/',
        by(cookieOf('alice'), agent, { headers: { authorization } }),
      );
      const seen =
        reply.status === 200
          ? [told(reply).headers['x-poterne-user'], told(reply).headers.authorization]
          : reply.status;
      return [seen, gate.daemon.asked.length - before];
    };
    expect(await shown('Bearer pot_bob.secret')).toEqual([['alice', undefined], 1]);
    // Whose the token is comes first to the daemon, which hears of it.
    expect(gate.daemon.asked.at(-1)?.authorization).toBe('Bearer pot_bob.secret');
    expect(await shown('bearer pot_.x')).toEqual([['alice', undefined], 1]);
    expect(await shown('Basic YTpi')).toEqual([['alice', 'Basic YTpi'], 1]);
    expect(await shown('0')).toEqual([['alice', '0'], 1]);
    expect(await shown('/')).toEqual([['alice', '/'], 1]);
    expect(await shown('/..')).toEqual([['alice', '/..'], 1]);
  });

  test('nobody is given one where none would be looked for: that verdict is kept', async () => {
    const who = async (host: string, path: string, headers: Record<string, string> = {}) => {
      await gate.gateway.get(host, path, by(cookieOf('alice'), undefined, { headers }));
      return gate.daemon.asked.at(-1)?.['x-poterne-who'];
    };
    expect(await who('parts.localhost', '/')).toBe(alice);
    expect(await who('parts.localhost', '/r1/x')).toBe(alice);
    // nginx takes a prefix off there, or an application has them show something of its own.
    expect(await who('parts.localhost', '/old/x')).toBeUndefined();
    expect(await who('parts.localhost', '/', { authorization: 'Bearer of-the-application' })).toBeUndefined();
    expect(await who('other.localhost', '/', { authorization: 'Basic YTpi' })).toBeUndefined();
    for (const header of ['X-Poterne-Who', 'X-Poterne-Seeking'])
      expect(await who('parts.localhost', '/old/x', { [header]: alice })).toBeUndefined();
  });

  test('nobody gets to where it leads but by it', async () => {
    const end = `Cookie: ${cookieOf('alice')}\r\nConnection: close\r\n\r\n`;
    for (const target of ['@asking_1_1', '/@asking_1_1', '/%40asking_1_1', '@asking_1_2', '//@asking_1_1'])
      expect(
        await gate.raw(
          'other.localhost',
          `GET ${target} HTTP/1.1\r\nHost: other.localhost\r\n\r\n`.replace(
            /\r\n$/,
            'Connection: close\r\n\r\n',
          ),
        ),
      ).toMatch(/^HTTP\/1.1 40[01]/);
    expect(gate.reached).toBe(0);
    expect(await gate.raw('other.localhost', `GET / HTTP/1.0\r\nHost: other.localhost\r\n${end}`)).toMatch(
      /^HTTP\/1.1 200/,
    );
    for (const host of ['erp.localhost', 'paths.localhost', 'certified.localhost']) {
      const agent = onOne();
      for (let n = 0; n < 2; n++)
        expect((await came(host, by(cookieOf('alice'), agent), '/rfe/'))[1]).toBe('asked');
    }
    expect((await came('near.localhost', by(cookieOf('alice'))))[0]).toBe(403);
  });
});
