import path from 'node:path';
import type { Engine } from '../engines/engine.ts';
import { engines as everyEngine } from '../engines/index.ts';
import { type Finding, hasErrors } from '../model/finding.ts';
import type { Site } from '../model/site.ts';
import { check } from './check.ts';
import { clientFileFindings } from './client-files.ts';
import { countriesFindings } from './countries-file.ts';
import { directoryFileFindings } from './directory-files.ts';
import { disk, type Files } from './files.ts';
import { readJobFiles } from './job-files.ts';
import { locateFinding, sortFindings } from './locate.ts';
import { logoFindings } from './logo-file.ts';
import { merge, type Sources } from './merge.ts';
import { parse } from './parse.ts';
import { proofFindings } from './proof-files.ts';
import { resolve } from './resolve.ts';
import { readSources } from './source.ts';
import { trustFindings } from './trust-files.ts';
import { readKnownRules, wafRulesFindings } from './waf-rules.ts';

export type { Files } from './files.ts';
export { locate, locateFinding, sortFindings, sourceOf } from './locate.ts';
export type { Sources } from './merge.ts';
export { type JsonFinding, type ReportOptions, report, toJson } from './report.ts';
export { jsonSchema } from './schema.ts';
export { shippable } from './ship.ts';

/** What a description says, or what is wrong with it. */
export interface Description {
  /** Absent when there is an error among the findings. */
  readonly site?: Site;
  /** All of them, located and in reading order. */
  readonly findings: readonly Finding[];
  /** Where everything stands, to locate what is found later (`locateFinding`). */
  readonly sources: Sources;
}

export interface DescribeOptions {
  readonly files?: Files;
  readonly engines?: readonly Engine[];
  /** When it is read: revocation lists, authorities and certificates end. Default: now. */
  readonly now?: Date;
}

/**
 * Reads a description and what it includes. What the user wrote never makes it throw: a missing file, broken YAML,
 * an unknown word or reference are findings, and all of them are reported at once.
 */
export async function describe(file: string, options: DescribeOptions = {}): Promise<Description> {
  const { files = disk, engines = everyEngine, now = new Date() } = options;
  const reading = await readSources(file, files);
  const { sources, findings: doubles } = merge(path.resolve(file), reading);
  const { parsed, findings: misshapen } = parse(sources, engines);
  // What an unreadable file holds is unknown: that something is absent would be a guess.
  const known = reading.broken ? misshapen.filter((f) => f.code !== 'site.key.missing') : misshapen;
  const findings = [...reading.findings, ...doubles, ...known];
  const jobFiles = await readJobFiles(parsed, sources, files);
  const rules = await readKnownRules(parsed, sources, files);
  if (!reading.broken)
    findings.push(
      ...check(parsed, sources, jobFiles, now),
      ...(await trustFindings(parsed, sources, files, now)),
      ...(await countriesFindings(parsed, sources, files, now)),
      ...wafRulesFindings(parsed, rules),
    );
  let site: Site | undefined;
  if (!hasErrors(findings)) {
    site = resolve(parsed, sources, engines, jobFiles, rules);
    for (const engine of engines) findings.push(...engine.review(site));
    const shown = site.tlsConfigurations.filter((one) => one.kind === 'client');
    findings.push(...(await clientFileFindings(shown, files, now)));
    findings.push(...(await directoryFileFindings(site.directories ?? [], files, now)));
    findings.push(...(await logoFindings(site.signIn, files)));
    findings.push(...(await proofFindings(site, files, now)));
  }
  const located = sortFindings(
    sources,
    findings.map((f) => locateFinding(sources, f)),
  );
  return { ...(site && !hasErrors(located) ? { site } : {}), findings: located, sources };
}

/** The text of a description's file, for the lines that a report shows. */
export function textOf(sources: Sources, file: string): string | undefined {
  return sources.files.find((f) => f.path === file)?.text;
}
