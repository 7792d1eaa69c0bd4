import { message } from '../model/message.ts';
import { pointer } from '../model/pointer.ts';
import type { Checking } from './checking.ts';
import { regexOf } from './names.ts';
import type { PublicationEntry } from './schema.ts';

/** What is kept in memory of an upload that is looked at: nginx's module hands over bodies as a whole. */
const large = 64_000_000;

/** What publications say of their web application firewall. */
export function checkWaf(checking: Checking): void {
  const { parsed, report } = checking;
  for (const [name, publication] of parsed.publications) {
    const at = pointer('publications', name, 'waf');
    const { waf, scenario } = publication;
    if (waf !== undefined && scenario !== 'proxy+waf')
      report('error', {
        ...{ code: 'waf.scenario', params: { name }, pointer: at, onKey: true },
        hint: message('waf.scenario.hint'),
      });
    if (scenario !== 'proxy+waf') continue;
    checkSkips(checking, publication, at);
    checkUploads(checking, name, publication);
  }
}

function checkSkips({ report }: Checking, { waf, routes = {} }: PublicationEntry, at: string): void {
  const regexes = Object.keys(routes).flatMap((key) => regexOf(key)?.regex ?? []);
  for (const [n, path] of (waf?.skip ?? []).entries()) {
    const here = { params: { path }, pointer: `${at}/skip/${n}` };
    if (path === '/') report('error', { code: 'waf.skip.all', ...here, hint: message('waf.skip.all.hint') });
    else if (regexes.some((regex) => regex.test(path)))
      report('error', { code: 'waf.skip.regex', ...here, hint: message('waf.skip.regex.hint') });
  }
}

function checkUploads({ report }: Checking, name: string, publication: PublicationEntry): void {
  const skip = publication.waf?.skip ?? [];
  const places = [
    { entry: publication, at: pointer('publications', name), path: '/' },
    ...Object.entries(publication.routes ?? {}).map(([path, entry]) => ({
      ...{ entry, path },
      at: pointer('publications', name, 'routes', path),
    })),
  ];
  for (const { entry, at, path } of places) {
    const { uploads } = entry as { readonly uploads?: number };
    const isSkipped = skip.some((each) => each.endsWith('/') && path.startsWith(each));
    if (typeof uploads === 'number' && uploads > large && !isSkipped)
      report('warning', {
        ...{ code: 'waf.uploads', params: { path }, pointer: `${at}/uploads` },
        hint: message('waf.uploads.hint'),
      });
  }
}
