import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describe as read } from '../src/describe/index.ts';
import { access } from '../src/i18n/en/access.ts';
import { acme } from '../src/i18n/en/acme.ts';
import { apply } from '../src/i18n/en/apply.ts';
import { archive } from '../src/i18n/en/archive.ts';
import { audience } from '../src/i18n/en/audience.ts';
import { authority } from '../src/i18n/en/authority.ts';
import { cli } from '../src/i18n/en/cli.ts';
import { demo } from '../src/i18n/en/demo.ts';
import { describe as described } from '../src/i18n/en/describe.ts';
import { directories } from '../src/i18n/en/directories.ts';
import { doctor } from '../src/i18n/en/doctor.ts';
import { fleet } from '../src/i18n/en/fleet.ts';
import { hosts } from '../src/i18n/en/hosts.ts';
import { inventory } from '../src/i18n/en/inventory.ts';
import { jobs } from '../src/i18n/en/jobs.ts';
import { mail } from '../src/i18n/en/mail.ts';
import { nftables } from '../src/i18n/en/nftables.ts';
import { nginx } from '../src/i18n/en/nginx.ts';
import { scheduler } from '../src/i18n/en/scheduler.ts';
import { sessions } from '../src/i18n/en/sessions.ts';
import { upkeep } from '../src/i18n/en/upkeep.ts';
import { wafLiving } from '../src/i18n/en/waf-living.ts';
import { why } from '../src/i18n/en/why.ts';
import { doctor as frenchDoctor } from '../src/i18n/fr/doctor.ts';
import { mmdb } from '../src/lib/testing-mmdb.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = files(root, '.md');
const text = (page: string) => readFileSync(join(root, page), 'utf8');

/** The files below a folder whose names end so, relative to the root; neither packages nor what is hidden. */
function files(folder: string, end: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || entry.name === 'node_modules' || entry.name === 'dist') return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path, end);
    return entry.isFile() && entry.name.endsWith(end) ? [relative(root, path)] : [];
  });
}

describe('troubleshooting', () => {
  /** Codes that stand beside a finding or a fault: what to do next, or how to write it. */
  const besides = new Set([
    ...['value.name.title', 'value.dns.label', 'value.dns.length', 'value.dns.address', 'value.dns.ascii'],
    ...[
      'value.path.percent',
      'value.url.form',
      'value.url.path',
      'value.url.secret',
      'audience.form.from',
      ...[
        'audience.form.list',
        'value.window.day',
        'value.window.time',
        'value.window.length',
        'value.window.form',
      ],
      'audience.everyone.rule',
    ],
    ...['engine.refused.kept', 'engine.refused.stand-in', 'engine.refused.closed'],
    // Beside a rule, in the firewall itself.
    'firewall.more',
    // Beside a schedule.
    ...['schedule.cron', 'schedule.words', 'schedule.time', 'schedule.minutes', 'schedule.hours'],
  ]);
  const ofMessages =
    /^(acme\.tell|severity|report|hint|promise|apply|hosts|entry|ssh|audit|front)\.|\.(hint|next)$/;
  const findings = Object.keys({
    ...described,
    ...nftables,
    ...nginx,
    ...apply,
    ...hosts,
    ...inventory,
    ...jobs,
    ...access,
    ...audience,
    ...mail,
    ...acme,
  }).filter((code) => !ofMessages.test(code));
  /** The command line and the demonstration mostly talk; a fault of theirs is where it is thrown. */
  const thrown = files(join(root, 'src'), '.ts').flatMap((file) =>
    [...text(file).matchAll(/new (?:Fault|WrongRequest)\(\s*'([^']+)'/g)].map((found) => found[1] as string),
  );
  const talk = Object.keys({
    ...cli,
    ...demo,
    ...fleet,
    ...access,
    ...archive,
    ...sessions,
    ...scheduler,
    ...authority,
    ...why,
  });
  /** What is told of a host's own failure, or of a certificate, always says what to do next. */
  const advised = { ...upkeep, ...doctor, ...authority, ...directories, ...wafLiving };
  const told = Object.keys(advised).filter((code) => `${code}.next` in advised);
  const codes = [...findings, ...told, ...thrown.filter((code) => talk.includes(code))].filter(
    (c) => !besides.has(c),
  );

  test.each(['docs/troubleshooting.md', 'docs/fr/troubleshooting.md'])('%s has every code once', (page) => {
    const entries = [...text(page).matchAll(/^\| (`.*?`) \|/gm)].flatMap((row) =>
      [...(row[1] as string).matchAll(/`([^`]+)`/g)].map((code) => code[1] as string),
    );
    expect([...new Set(codes)].filter((code) => !entries.includes(code))).toEqual([]);
    expect(entries.filter((code, n) => entries.indexOf(code) !== n)).toEqual([]);
  });
});

describe('the certificate doctor', () => {
  /** A text of the catalogue as a cell: what is filled in, in italics, and of words that go with a number those of many. */
  const cell = (words: string) =>
    words
      .replace(/\{\w+\|[^{|}]*\|([^{|}]*)\}/g, '$1')
      .replaceAll('|', '\\|')
      .replaceAll('*', '\\*')
      .replace(/\{([\w-]+)\}/g, '*$1*');

  test.each([
    ['docs/certificate-doctor.md', doctor],
    ['docs/fr/certificate-doctor.md', frenchDoctor],
  ])('%s says of every finding what Poterne says', (page, catalogue: Readonly<Record<string, string>>) => {
    const lines = new Set(text(page).split('\n'));
    const requests = /^cert\.(server\.form|handshake\.pair|timeout\.form|doctor\.unknown|passphrase\.file)$/;
    const rows = Object.entries(catalogue)
      .filter(([code]) => `${code}.next` in catalogue && !requests.test(code))
      .map(
        ([code, words]) => `| \`${code}\` | ${cell(words)} | ${cell(catalogue[`${code}.next`] as string)} |`,
      );
    expect(rows.filter((row) => !lines.has(row))).toEqual([]);
  });
});

test.each(pages)('the links of %s lead somewhere', (page) => {
  const prose = text(page).replace(/^```.*?^```/gms, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((link) => link[1] as string);
  const local = links.filter((link) => !/^(https?:|mailto:|#)/.test(link));
  const lost = local.filter(
    (link) => !existsSync(resolve(root, dirname(page), decodeURI(link.replace(/#.*/, '')))),
  );
  expect(lost).toEqual([]);
});

const descriptions = pages.flatMap((page) =>
  [...text(page).matchAll(/^```yaml\n(.*?)^```/gms)]
    .map((block) => block[1] as string)
    .filter((yaml) => /^site:/m.test(yaml))
    .map((yaml, n) => [page, n + 1, yaml] as const),
);

test.each(descriptions)('%s: description %i is one', async (_, __, yaml) => {
  // What it includes is empty, there is always some file for a pattern, and certificates are not here.
  const disk = {
    read: async (file: string) => {
      if (file.startsWith('/pki/')) throw new Error(file);
      return file === '/site.yaml' ? yaml : '';
    },
    bytes: async () => mmdb({}, new Date()),
    list: async () => ['a.yaml'],
  };
  const { findings } = await read('/site.yaml', { files: disk });
  expect(findings.filter(({ severity, code }) => severity === 'error' && !code.startsWith('trust.'))).toEqual(
    [],
  );
});

const pairs = pages.flatMap((page) => {
  const french = basename(page).startsWith('README')
    ? page.replace(/README\.md$/, 'README.fr.md')
    : page.replace(/^docs\//, 'docs/fr/');
  return french !== page && pages.includes(french) ? [[page, french] as const] : [];
});

test('every page of docs/fr is the translation of one', () => {
  const translated = pairs.map(([, french]) => french);
  expect(pages.filter((page) => page.startsWith('docs/fr/') && !translated.includes(page))).toEqual([]);
});

test.each(pairs)('%s and %s are built alike', (english, french) => {
  const outline = (page: string) =>
    [
      ...text(page)
        .replace(/^```.*?^```/gms, '')
        .matchAll(/^(#+) /gm),
    ].map((heading) => heading[1]);
  const code = (page: string) => [...text(page).matchAll(/^```(\w*)$/gm)].map((fence) => fence[1]);
  expect(outline(french)).toEqual(outline(english));
  expect(code(french)).toEqual(code(english));
});
