import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describe } from '../describe/index.ts';
import { mailto, markdown, xml } from '../lib/escape.ts';
import type { Site } from '../model/site.ts';
import { siteOf } from '../plan/testing.ts';
import { graphOf } from './diagram/graph.ts';
import { type Box, layoutOf } from './diagram/layout.ts';
import { fitText, textWidth } from './diagram/text.ts';
import { documentData, documents } from './index.ts';
import { perimeterOf } from './perimeter.ts';

async function described(file: string): Promise<Site> {
  const { site, findings } = await describe(file);
  if (!site) throw new Error(JSON.stringify(findings));
  return site;
}

const town = 'src/docs/golden/town/site.yaml';
const origin = { source: 'site.yaml' };

test.each([
  ['open-prod', 'examples/open-prod/site.yaml', {}],
  ['town', town, { date: '1 October 2026' }],
])('the documents of %s', async (name, source, dated) => {
  const site = await described(source);
  const files = documents(site, { source, ...dated }, ['en', 'fr']);
  expect(files.map(({ path }) => path)).toEqual([
    'index.html',
    'diagram.en.svg',
    'perimeter.en.md',
    'index.fr.html',
    'diagram.fr.svg',
    'perimeter.fr.md',
  ]);
  for (const { path, text } of files) await expect(text).toMatchFileSnapshot(`golden/${name}/${path}`);
});

test('one language has no suffix, and the same description gives the same bytes', async () => {
  const site = await described(town);
  const files = documents(site, origin, ['fr']);
  expect(files.map(({ path }) => path)).toEqual(['index.html', 'diagram.svg', 'perimeter.md']);
  expect(documents(await described(town), origin, ['fr'])).toEqual(files);
});

test('the same as data, with each reason in words', async () => {
  const data = documentData(await described(town), origin, 'fr');
  expect(JSON.parse(JSON.stringify(data))).toMatchObject({
    site: 'ville-de-montclair',
    source: 'site.yaml',
    orphans: ['standard', 'accueil', 'meteo', 'capteurs', 'portail'],
    flows: expect.arrayContaining([
      expect.objectContaining({
        port: 3000,
        reasons: [
          {
            code: 'flow.upstream',
            params: { name: 'carte.montclair.example', service: 'sig' },
            text: 'carte.montclair.example est servi par sig',
            because: '/publications/carte.montclair.example/service',
          },
        ],
      }),
    ]),
  });
});

test('nothing in a page needs a script or another file', async () => {
  const page = documents(await described(town), origin, ['en'])[0]?.text ?? '';
  expect(page).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|\ssrc=|url\(|@import/i);
});

/** Text as somebody might write it to break out, mixed with any other. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    ']]>',
    '-->',
    '&lt;b&gt;',
    '| a | b |',
    '](javascript:alert(1))',
    '![x](http://evil.example)',
    '`code`',
    '\n\n# Title\n\n',
    '\\| \\',
    '</style></svg><b>',
    '\u202egpj.exe',
    '{site}',
    '{{ x }}',
  ),
);

const tags = (text: string) => text.match(/<[^>]*>/g) ?? [];

test('no text becomes a tag, an attribute or an entity in SVG and HTML', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const safe = xml(text);
      expect(safe).not.toMatch(/[<>"']/);
      expect(safe.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      // XML 1.0, 2.2: characters that no document may hold.
      expect(safe).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
    }),
  );
});

test('no text ends a cell or becomes markup in Markdown', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const safe = markdown(text);
      expect(safe).not.toMatch(/[\n\r<>]/);
      expect(safe.replace(/\\[\\`*_{}[\]()#+!|~]/g, '')).not.toMatch(/[\\`*_{}[\]()#+!|~]/);
      expect(mailto(text)).toMatch(/^mailto:[\w.!~*'()%@-]*$/);
    }),
  );
});

test('whatever a site is called, its documents keep their shape', async () => {
  const site = await described(town);
  const shape = (of: Site) =>
    documents(of, origin, ['en']).map(({ path, text }) =>
      path.endsWith('.md')
        ? text.split('\n').map((line) => line.match(/(?<!\\)\|/g)?.length ?? 0)
        : // How large boxes are and whether a text is shortened depends on the text.
          tags(text)
            .map((tag) => tag.split(/[\s>]/)[0])
            .filter((tag) => !/title|code/.test(tag ?? '')),
    );
  const renamed = (text: string): Site => ({
    ...site,
    name: text,
    services: site.services.map((service) => ({
      ...service,
      ...(service.title === undefined ? {} : { title: text }),
      ...(service.owner?.email === undefined ? {} : { owner: { name: text, email: text } }),
      ...(service.healthy?.contains === undefined ? {} : { healthy: { ...service.healthy, contains: text } }),
    })),
  });
  const expected = shape(renamed('x'));
  fc.assert(
    fc.property(nasty, (text) => {
      expect(shape(renamed(text))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('text fits where it is put', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 40, max: 300 }), (text, width) => {
      expect(textWidth(fitText(text, width, 12, 'sans'), 12, 'sans')).toBeLessThanOrEqual(width);
    }),
  );
});

const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** A site of some zones, of machines spread over them, of which the first are published to some of the zones. */
const anySite = fc.record({
  zones: fc.integer({ min: 1, max: 7 }),
  home: fc.integer({ min: 0, max: 7 }),
  hosts: fc.array(
    fc.record({ zone: fc.integer({ min: 0, max: 7 }), ports: fc.integer({ min: 0, max: 6 }) }),
    {
      minLength: 1,
      maxLength: 30,
    },
  ),
  partner: fc.boolean(),
  audience: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 7 }),
});

test('no box, label or panel of a diagram covers another', async () => {
  await fc.assert(
    fc.asyncProperty(anySite, async ({ zones, home, hosts, partner, audience }) => {
      const zone = (n: number) => (n < zones ? `, zone: z${n}` : '');
      const from = audience.filter((n) => n < zones).map((n) => `z${n}`);
      const services = hosts.flatMap(({ ports }, h) =>
        Array.from({ length: ports }, (_, p) => ({
          name: `s${h}-${p}`,
          url: `http://10.200.0.${h + 1}:${8000 + p}`,
        })),
      );
      const site = await siteOf(`site: s
zones:
${Array.from({ length: zones }, (_, n) => `  z${n}: { networks: [10.${n}.0.0/16] }`).join('\n')}
hosts:
  gw: { roles: [gateway]${zone(home)} }
${hosts.map((h, i) => `  h${i}: { address: 10.200.0.${i + 1}${zone(h.zone)} }`).join('\n')}
services: { none: { url: "http://127.0.0.1" }${services.map((s) => `, ${s.name}: { url: "${s.url}" }`).join('')} }
publications:
  a.fr:
    audience: ${from.length > 0 ? `{ from: [${[...from, ...(partner ? ['192.0.2.0/24'] : [])].join(', ')}] }` : 'everyone'}
    routes: { /: { service: none }${services.map((s) => `, /${s.name}/: { service: ${s.name} }`).join('')} }
`);
      const { panels, labels, wires, width, height } = layoutOf(graphOf(perimeterOf(site, origin)), 'fr', 60);
      const nodes = panels.flatMap((panel) => panel.nodes);
      const apart = (boxes: readonly Box[]) =>
        boxes.every((a, i) => boxes.slice(i + 1).every((b) => !overlap(a, b)));
      expect(apart(panels)).toBe(true);
      expect(apart([...nodes, ...labels])).toBe(true);
      expect(nodes.length).toBeGreaterThan(hosts.length);
      expect(wires.length).toBe(labels.length);
      // No line runs through a label that is another's, nor through a box.
      const lines = wires.flatMap(({ points }) =>
        points.slice(1).map((p, i) => segment(points[i] as never, p as never)),
      );
      for (const line of lines)
        for (const box of [...nodes, ...labels]) expect(overlap(line, inner(box))).toBe(false);
      for (const { x, y, width: w, height: h } of [...panels, ...labels, ...lines]) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(x + w).toBeLessThanOrEqual(width);
        expect(y + h).toBeLessThanOrEqual(height);
      }
    }),
    { numRuns: 40 },
  );
});

function segment([x1, y1]: [number, number], [x2, y2]: [number, number]): Box {
  return { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) };
}

function inner({ x, y, width, height }: Box): Box {
  return { x: x + 1, y: y + 1, width: width - 2, height: height - 2 };
}
