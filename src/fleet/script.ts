import { readFileSync } from 'node:fs';
import { sha256 } from '../lib/digest.ts';
import { quote } from '../lib/quote.ts';
import type { PutFile, RunSpec } from '../model/run.ts';

/** scripts/build.mjs puts the texts themselves here: the bundle stands alone. */
declare const POTERNE_RUN_SCRIPTS:
  | Readonly<Record<'run' | 'launch' | 'collect' | 'place', string>>
  | undefined;

const scripts =
  typeof POTERNE_RUN_SCRIPTS === 'object'
    ? POTERNE_RUN_SCRIPTS
    : { run: source('run'), launch: source('launch'), collect: source('collect'), place: source('place') };

function source(name: string): string {
  return readFileSync(new URL(`./script/${name}.sh`, import.meta.url), 'utf8');
}

/** What runs on a host. */
export const runScript = scripts.run;

/** Puts a file at a place, with the rights of whoever runs it. */
export const placeScript = scripts.place;

/** Where the bytes that follow the parameters end. */
export interface Lengths {
  readonly script: number;
  readonly stdin: number;
}

/**
 * The parameters of one host's run as that host's shell reads them: every value is quoted. `token` marks where the
 * script's own output begins and ends.
 */
export function parametersOf(spec: RunSpec, token: string, lengths: Lengths): string {
  const values = {
    token,
    account: spec.as ?? '',
    login: spec.login ? 'login' : '',
    limit: String(spec.limit),
    name: safeName(spec.script),
    script_length: String(lengths.script),
    script_sha256: spec.sha256,
    stdin_length: String(lengths.stdin),
    arguments: quote(spec.args),
    patterns: quote(spec.collect),
    most: String(spec.collectMost),
    install: spec.install?.to ?? '',
    install_mode: spec.install?.mode ?? '',
    install_owner: spec.install?.owner ?? '',
    files: quote((spec.put ?? []).flatMap(wordsOfFile)),
    placer: scripts.place,
    launcher: scripts.launch,
    collector: scripts.collect,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote([value])}\n`)
    .join('');
}

/** The words of the host's script for these parameters. */
export function wordsOf(parameters: string): readonly string[] {
  return [String(Buffer.byteLength(parameters)), sha256(parameters)];
}

function wordsOfFile({ to, size, mode = '', owner = '', sha256: digest }: PutFile): readonly string[] {
  return [to, String(size), mode, owner, digest];
}

/** The script keeps its name there (it may look at `$0`), as far as it is a plain one. */
function safeName(name: string): string {
  return /^[A-Za-z0-9_][\w.-]{0,100}$/.test(name) ? name : 'script';
}
