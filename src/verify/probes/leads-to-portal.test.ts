import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { door, https, probe } from '../testing/servers.ts';

const portal = 'https://portal.localhost:8443';
const ask = async (answer: RequestListener) => {
  const port = await https(answer);
  return probe({ kind: 'leads-to-portal', door: door(port), path: '/a?b', portal }, { timeout: 5000 });
};

test('by way of the gateway’s own place, and no further than the portal', async () => {
  const asked: string[] = [];
  const held = await ask(({ url = '', headers: { host, accept } }, response) => {
    asked.push(`${url} ${accept?.includes('text/html')}`);
    const location = url.startsWith('/.poterne/')
      ? `${portal}/sign-in?to=x`
      : `https://${host}/.poterne/onward?why=sign-in&to=${url}`;
    response.writeHead(302, { location }).end();
  });
  expect(held).toMatchObject({
    held: true,
    seen: { code: 'seen.portal.held', params: { portal: `${portal}/sign-in` } },
  });
  expect(asked).toEqual(['/a?b true', '/.poterne/onward?why=sign-in&to=/a?b true']);
});

test.each([
  ['content', 200, {}, 'seen.portal.none', false],
  [
    'another site',
    302,
    { location: 'https://evil.example/sign-in?secret=1' },
    'seen.portal.elsewhere',
    false,
  ],
  [
    'a name that only begins so',
    302,
    { location: 'https://portal.localhost.evil.example:8443/' },
    'seen.portal.elsewhere',
    false,
  ],
  ['a service that redirects within itself', 302, { location: '/login' }, 'seen.portal.none', false],
  ['a daemon that is away', 503, {}, 'seen.gateway.unavailable', false],
  ['hours', 403, {}, 'seen.portal.refused', true],
] as const)('%s', async (_, status, headers, code, held) => {
  const outcome = await ask((__, response) => response.writeHead(status, headers).end('x'));
  expect(outcome).toMatchObject({ held, seen: { code } });
  expect(JSON.stringify(outcome)).not.toContain('secret=1');
});

test('a circle ends', async () => {
  const outcome = await ask(({ headers: { host } }, response) =>
    response.writeHead(302, { location: `https://${host}/.poterne/onward` }).end(),
  );
  expect(outcome).toMatchObject({ held: false, seen: { code: 'seen.portal.elsewhere' } });
});
