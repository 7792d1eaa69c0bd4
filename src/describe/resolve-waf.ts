import type { Pointer } from '../model/pointer.ts';
import type { Waf, WafRules } from '../model/waf.ts';
import { type WafEntry, waf } from './schema/waf.ts';
import type { SiteEntry } from './schema.ts';
import type { KnownRules } from './waf-rules.ts';

/** How the firewall treats the publication at a pointer; what is not written, as it is by default. */
export function resolveWaf(written: WafEntry | undefined, publication: Pointer): Waf {
  const entry = written ?? waf.parse({});
  const at = written ? `${publication}/waf` : `${publication}/scenario`;
  const { mode, paranoia, thresholds, applications, methods, skip } = entry;
  return {
    mode,
    paranoia,
    thresholds,
    requestBody: entry['request-body'],
    ...(entry['response-body'] === undefined ? {} : { responseBody: entry['response-body'] }),
    applications: [...new Set(applications)],
    ...(methods.length > 0 ? { methods: [...new Set(methods)] } : {}),
    skip: [...new Set(skip)],
    exclusions: entry.exclusions.map(({ target, ...rest }, index) => ({
      ...rest,
      ...(target === undefined ? {} : { target }),
      pointer: `${at}/exclusions/${index}`,
    })),
    pointer: at,
  };
}

/** The rules that the gateway has; `file` makes a path absolute. */
export function resolveWafRules(
  { rules, sha256 }: NonNullable<SiteEntry['waf']>,
  file: (path: string, at: Pointer) => string,
  known: KnownRules | undefined,
): WafRules {
  return {
    ...(known?.brought && 'files' in known.set ? { files: known.set.files.map(({ name }) => name) } : {}),
    ...(rules === undefined ? {} : { folder: file(rules, '/waf') }),
    ...(sha256 === undefined ? {} : { sha256 }),
    pointer: '/waf',
  };
}
