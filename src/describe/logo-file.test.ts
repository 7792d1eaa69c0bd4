import { expect, test } from 'vitest';
import { logoMarkup } from '../lib/logo.ts';
import { describe } from './index.ts';
import { memory } from './testing.ts';

const site = `site: s
services: { app: { url: "http://10.0.0.1", healthy: { path: / } } }
people: { alice: {} }
sign-in:
  at: portal.example.fr
  brand:
    logo: logo.svg
publications: { a.example.fr: { service: app, audience: [ { signed-in: true } ] } }
`;
const svg = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>';
const png = Buffer.from('89504e470d0a1a0a0000', 'hex');

test('the logo is what pages can carry, or it is said where it stands', async () => {
  const found = async (logo: string | Uint8Array | undefined) => {
    const files = { '/site/site.yaml': site, ...(logo === undefined ? {} : { '/site/logo.svg': logo }) };
    const { findings } = await describe('/site/site.yaml', { files: memory(files) });
    return findings
      .filter(({ code }) => code.startsWith('sign-in.logo'))
      .map(({ code, severity, at }) => [code, severity, at?.line]);
  };
  expect(await found(svg)).toEqual([]);
  expect(await found(png)).toEqual([]);
  expect(await found(undefined)).toEqual([['sign-in.logo.unreadable', 'warning', 7]]);
  expect(await found('<html>')).toEqual([['sign-in.logo.broken', 'error', 7]]);
  expect(await found(svg + ' '.repeat(64 << 10))).toEqual([['sign-in.logo.large', 'error', 7]]);
});

test('as part of a page it is an image, whatever its file is called, and never markup', () => {
  expect(logoMarkup(png)).toContain('src="data:image/png;base64,iVBORw0KGgoAAA=="');
  expect(logoMarkup(Buffer.from(svg))).toMatch(
    /^<img src="data:image\/svg\+xml;base64,[\w+/=]+" alt="" height="40">$/,
  );
  expect(logoMarkup(Buffer.from('<script>'))).toBe('');
});
