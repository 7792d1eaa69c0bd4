import { readFileSync } from 'node:fs';
import { quote } from '../lib/quote.ts';
import type { PutFile, RunSpec } from '../model/run.ts';

const files = {
  run: './script/run.pl',
  expand: './script/expand.sh',
  place: './script/place.sh',
  apt: '../hosts/script/apt.sh',
  ground: './upkeep/script/ground.sh',
  update: './upkeep/script/update.sh',
  accounts: './upkeep/script/accounts.sh',
} as const;

type Name = keyof typeof files;

/** scripts/build.mjs puts the texts themselves here: the bundle stands alone. */
declare const POTERNE_RUN_SCRIPTS: Readonly<Record<Name, string>> | undefined;

const scripts =
  typeof POTERNE_RUN_SCRIPTS === 'object'
    ? POTERNE_RUN_SCRIPTS
    : (Object.fromEntries(
        Object.entries(files).map(([name, file]) => [
          name,
          readFileSync(new URL(file, import.meta.url), 'utf8'),
        ]),
      ) as Record<Name, string>);

/**
 * What runs on a host, and the argument vector of what reads it there. Comments and margins stay here, and so does `strict`, which has
 * done its work when the script was tested: reading them takes a host longer than `id` does.
 */
export const runScript = {
  text: scripts.run.replace(/^(?:\s*(?:#.*)?|use strict;)\n|^ +/gm, ''),
  reader: ['perl', '-', 'poterne-run'],
};

/** Updates the Debian packages of a host. */
export const updateScript = ['#!/bin/sh', scripts.ground, scripts.apt, scripts.update].join('\n');

/** Looks after accounts and their keys. */
export const accountsScript = [
  '#!/bin/sh',
  `placer=${quote([scripts.place])}`,
  scripts.ground,
  scripts.accounts,
].join('\n');

/** Where the bytes that follow the parameters end. */
export interface Lengths {
  readonly script: number;
  readonly stdin: number;
}

/**
 * The parameters of one host's run as that host reads them: a line for each, its name and the lengths of its values, which
 * follow as they are. `token` marks where the script's own output begins and ends.
 */
export function parametersOf(spec: RunSpec, token: string, lengths: Lengths): string {
  const values: Readonly<Record<string, readonly string[]>> = {
    token: [token],
    account: [spec.as ?? ''],
    login: [spec.login ? 'login' : ''],
    limit: [String(spec.limit)],
    name: [safeName(spec.script)],
    script_length: [String(lengths.script)],
    script_sha256: [spec.sha256],
    stdin_length: [String(lengths.stdin)],
    arguments: spec.args,
    patterns: spec.collect,
    most: [String(spec.collectMost)],
    expander: [scripts.expand],
    install: [spec.install?.to ?? ''],
    install_mode: [spec.install?.mode ?? ''],
    install_owner: [spec.install?.owner ?? ''],
    files: (spec.put ?? []).flatMap(wordsOfFile),
    placer: [spec.install || spec.put ? scripts.place : ''],
  };
  const texts = Object.entries(values).map(([name, all]) => {
    const sizes = all.map((value) => ` ${Buffer.byteLength(value)}`);
    return `${name}${sizes.join('')}\n${all.join('')}`;
  });
  return `${texts.join('')}\n`;
}

function wordsOfFile({ to, size, mode = '', owner = '', sha256: digest }: PutFile): readonly string[] {
  return [to, String(size), mode, owner, digest];
}

/** The script keeps its name there (it may look at `$0`), as far as it is a plain one. */
function safeName(name: string): string {
  return /^[A-Za-z0-9_][\w.-]{0,100}$/.test(name) ? name : 'script';
}
