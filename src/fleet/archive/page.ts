import type { Code } from '../../i18n/en.ts';
import { translate } from '../../i18n/index.ts';
import { xml } from '../../lib/escape.ts';
import { htmlPage } from '../../lib/page.ts';
import { shortSize } from '../../lib/size.ts';
import { isFailed } from '../../model/run.ts';
import { type Language, languages } from '../../model/site.ts';
import type { ArchivedHost, ArchivedOutcome, Manifest } from './manifest.ts';
import { headline, momentText, outcomeText, timeText, whyText } from './words.ts';

/** The ends of a host's two streams. */
export type Ends = ReadonlyMap<string, { readonly stdout: string; readonly stderr: string }>;

/** The name of the summary in a language; `index.html` is in the site's. */
export function pageName(manifest: Pick<Manifest, 'site'>, language: Language): string {
  return language === manifest.site.language ? 'index.html' : `index.${language}.html`;
}

/**
 * What a run did, as one page that needs nothing else: no script, no other file, readable on paper and at night. What
 * hosts said stands in it as text, whatever they said.
 */
export function runPage(
  manifest: Omit<Manifest, 'files'>,
  ends: Ends,
  language: Language,
  fingerprint: string,
): string {
  const t = (code: Code, params = {}) => xml(translate(language, code, params));
  const { run, site, hosts, script } = manifest;
  const title = translate(language, 'archive.title', { script: script.name, site: site.name });
  const moment = (at: string) => momentText(language, site.timezone, at);
  const hasMore = ({ host, files = [], skipped = [], left }: ArchivedHost) =>
    Boolean(ends.get(host)?.stdout || ends.get(host)?.stderr || files.length || skipped.length || left);
  const siblings = languages
    .filter((each) => each !== language)
    .map((each) => ({ language: each, file: pageName(manifest, each) }));
  const entries = (['machines', 'request', 'seal'] as const).map((id) => ({
    id,
    title: translate(language, `archive.${id}`),
  }));
  const origin = translate(language, 'archive.origin', { run });
  return htmlPage(
    { language, title, origin, style: runStyle, entries, siblings },
    `<p class="headline ${manifest.counts.ok === manifest.counts.hosts ? 'good' : 'bad'}">${xml(headline(language, manifest as Manifest))}</p>
<section id="machines">
<h2>${t('archive.machines')}</h2>
${hostTable(hosts, language, hasMore)}
${hosts
  .filter(hasMore)
  .map((host) => hostDetails(host, ends, language, moment))
  .join('\n')}
</section>
<section id="request">
<h2>${t('archive.request')}</h2>
${requestTable(manifest, language, moment)}
</section>
<section id="seal">
<h2>${t('archive.seal')}</h2>
<p>${t('archive.seal.how')}</p>
<pre>${[`poterne run verify poterne-run-${run}.tar.gz`, 'sha256sum -c SHA256SUMS'].map(xml).join('\n')}</pre>
<p>${t('archive.seal.key')} <code>${xml(fingerprint)}</code></p>
</section>`,
  );
}

function hostTable(
  hosts: readonly ArchivedHost[],
  language: Language,
  hasMore: (host: ArchivedHost) => boolean,
): string {
  const heads = ['host', 'outcome', 'time', 'output', 'files'] as const;
  const rows = hosts.map((host) => {
    const { stdout = 0, stderr = 0, files = [], attempts } = host;
    const why = whyText(language, host.outcome);
    const cells = [
      hasMore(host) ? `<a href="#${anchor(host)}">${xml(host.host)}</a>` : xml(host.host),
      `<strong class="${grade(host.outcome)}">${xml(outcomeText(language, host.outcome))}</strong>${why ? `<div><small>${xml(why)}</small></div>` : ''}`,
      xml(timeText(host)),
      attempts === undefined ? '' : xml(shortSize(stdout + stderr)),
      files.length === 0 ? '' : String(files.length),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  return `<div class="table"><table>
<thead><tr>${heads.map((head) => `<th scope="col">${xml(translate(language, `run.head.${head}`))}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>`;
}

/** What one host said last, and what it gave; open where something is to be read. */
function hostDetails(
  host: ArchivedHost,
  ends: Ends,
  language: Language,
  moment: (at: string) => string,
): string {
  const t = (code: Code, params = {}) => xml(translate(language, code, params));
  const end = ends.get(host.host);
  const { files = [], skipped = [], left, begun, folder } = host;
  const streams = (['stdout', 'stderr'] as const).flatMap((stream) => {
    const text = end?.[stream] ?? '';
    if (text === '') return [];
    const path = `${folder}/${stream}`.split('/').map(encodeURIComponent).join('/');
    return [`<h4><a href="${xml(path)}">${stream}</a></h4>`, `<pre>${lines(text)}</pre>`];
  });
  const brought = files.map(
    ({ path, size, changed }) =>
      `<li><code>${xml(path)}</code> <small>${xml(shortSize(size))}${changed ? ` · ${t('archive.changed')}` : ''}</small></li>`,
  );
  const not = skipped.map(
    ({ path, why }) => `<li><code>${xml(path)}</code> <small>${t(`run.skipped.${why}`)}</small></li>`,
  );
  const isOpen = host.outcome.is !== 'ok';
  return [
    `<details id="${anchor(host)}"${isOpen ? ' open' : ''}>`,
    `<summary><strong>${xml(host.host)}</strong> <span class="${grade(host.outcome)}">${xml(outcomeText(language, host.outcome))}</span></summary>`,
    ...(begun === undefined ? [] : [`<p><small>${t('archive.begun')} ${xml(moment(begun))}</small></p>`]),
    ...(left ? [`<p class="note">${t('run.left', { host: host.host })}</p>`] : []),
    ...streams,
    ...(brought.length > 0 ? [`<h4>${t('run.head.files')}</h4>`, `<ul>${brought.join('')}</ul>`] : []),
    ...(not.length > 0 ? [`<h4>${t('archive.skipped')}</h4>`, `<ul>${not.join('')}</ul>`] : []),
    '</details>',
  ].join('\n');
}

function requestTable(
  manifest: Omit<Manifest, 'files'>,
  language: Language,
  moment: (at: string) => string,
): string {
  const { script, on, as, begun, ended, of, resumed, stdin, collect } = manifest;
  const code = (text: string) => `<code>${xml(text)}</code>`;
  const rows: readonly (readonly [Code, string])[] = [
    ['archive.row.script', `${code(script.name)}<div><small>SHA-256 ${xml(script.sha256)}</small></div>`],
    ['archive.row.arguments', manifest.arguments.map(code).join(' ')],
    ['archive.row.on', code(on)],
    ['archive.row.as', as === undefined ? xml(translate(language, 'run.account.login')) : code(as)],
    ['archive.row.stdin', stdin ? xml(translate(language, 'archive.stdin')) : ''],
    ['archive.row.collect', collect.map(code).join(' ')],
    ['archive.row.begun', xml(moment(begun))],
    ['archive.row.ended', xml(moment(ended))],
    ['archive.row.resumed', resumed.map((at) => xml(moment(at))).join('<br>')],
    ['archive.row.of', of === undefined ? '' : code(of)],
  ];
  const filled = rows.filter(([, value]) => value !== '');
  return `<div class="table"><table><tbody>
${filled.map(([head, value]) => `<tr><th scope="row">${xml(translate(language, head))}</th><td>${value}</td></tr>`).join('\n')}
</tbody></table></div>`;
}

function lines(text: string): string {
  return text.split('\n').map(xml).join('\n');
}

function grade(outcome: ArchivedOutcome): 'good' | 'bad' | 'open' {
  if (outcome.is === 'ok') return 'good';
  return outcome.is === 'unknown' || isFailed(outcome) ? 'bad' : 'open';
}

function anchor({ host }: ArchivedHost): string {
  return xml(`host-${encodeURIComponent(host)}`);
}

const runStyle = `:root{--good:#1a7f4b;--bad:#b42318;--open:#8a5a00}
@media screen and (prefers-color-scheme:dark){:root{--good:#5cc98d;--bad:#ff8a80;--open:#e6b450}}
.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}
.headline{margin:1.5rem 0 0;font-size:1.15rem;font-weight:600}
h4{margin:.75rem 0 .25rem;font-size:.9rem}
pre{margin:0 0 .5rem;padding:.6rem .75rem;overflow-x:auto;background:var(--head);border-radius:6px;font:.85rem/1.45 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
details{margin:.75rem 0;padding:.5rem .75rem;border:1px solid var(--line);border-radius:8px}
summary{cursor:pointer}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
ul{margin:.25rem 0;padding-left:1.25rem}
tbody th{width:14rem}
@media print{details{break-inside:avoid}details::details-content{content-visibility:visible;block-size:auto}}`;
