import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  describe,
  type JsonFinding,
  locateFinding,
  report,
  type Sources,
  sortFindings,
  textOf,
  toJson,
} from '../describe/index.ts';
import { type Finding, hasErrors } from '../model/finding.ts';
import type { Site } from '../model/site.ts';
import { assertionFindings } from '../plan/assertions.ts';
import { installedGateway } from '../plan/gateway-part.ts';
import { networkFindings } from '../plan/network.ts';
import type { Context } from './context.ts';
import { Refused } from './exit.ts';

/** The description that is meant: as asked, the one that is here, the one of an installed gateway. */
export function descriptionFile(asked: string | undefined): string {
  if (asked !== undefined) return asked;
  const here = 'site.yaml';
  return !existsSync(here) && existsSync(installedGateway.description) ? installedGateway.description : here;
}

/** Whether a file is the description of the gateway that the Debian package runs here. */
export const isInstalled = (file: string): boolean => resolve(file) === installedGateway.description;

/** A description as a command sees it: what it says, and how to show findings about it. */
export interface Described {
  /** Absent when there is an error among the findings. */
  readonly site?: Site;
  readonly findings: readonly Finding[];
  readonly sources: Sources;
  /** Prints findings to standard error, each at its place; also those that came later, with pointers only. */
  show(findings: readonly Finding[]): void;
  toJson(findings: readonly Finding[]): readonly JsonFinding[];
  /** Findings with their places, in reading order. */
  located(findings: readonly Finding[]): readonly Finding[];
}

/** A description that holds, so that something can be done with it. */
export type DescribedSite = Described & { readonly site: Site };

/**
 * Reads the description of a command. The user's own assertions are checked here, and what firewalls cannot write, where
 * what describe read meets what plan makes of it: so every command refuses, before it opens anything, what the user said must never be.
 */
export async function readDescription(context: Context, file: string): Promise<Described> {
  const { site, findings: read, sources } = await describe(file);
  const planned = site ? [...assertionFindings(site), ...networkFindings(site)] : [];
  const cwd = process.cwd();
  const located = (some: readonly Finding[]) =>
    sortFindings(
      sources,
      some.map((finding) => locateFinding(sources, finding)),
    );
  return {
    ...(site && !hasErrors(planned) ? { site } : {}),
    findings: located([...read, ...planned]),
    sources,
    show(some) {
      if (some.length === 0) return;
      const { language, colour } = context;
      context.err(report(located(some), { language, colour, cwd, read: (path) => textOf(sources, path) }));
    },
    toJson: (some) => toJson(located(some), context.language, cwd),
    located,
  };
}

/** The same for a command that needs a site: one with errors is shown (or printed as JSON) and ends the command. */
export async function requireSite(
  context: Context,
  file: string,
  json: boolean | undefined,
): Promise<DescribedSite> {
  const described = await readDescription(context, file);
  const { site } = described;
  if (site) return { ...described, site };
  if (json) context.out(JSON.stringify({ ok: false, findings: described.toJson(described.findings) }));
  else described.show(described.findings);
  throw new Refused();
}
