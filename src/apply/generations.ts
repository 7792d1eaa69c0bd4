import { readdir, readlink, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FileSource, pointLink, readIfThere, writeFolder } from '../hosts/files.ts';
import { sha256 } from '../lib/digest.ts';
import type { FileRecord, Manifest } from '../model/applied.ts';
import type { Artefact } from '../model/plan.ts';

/** How many earlier generations stay on disk, to come back to. */
const kept = 5;
const manifestFile = 'manifest.json';

/** A configuration folder that was written whole, and what it holds. */
export interface Generation {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The generations of one engine below its prefix, and the link `current` to the active one. */
export interface Generations {
  /** The link that the engine follows. */
  readonly current: string;
  active(): Promise<Generation | undefined>;
  /** Writes a generation beside the others without activating it; files that `like` has too are shared, not copied. */
  stage(content: Content, like?: Generation): Promise<Generation>;
  activate(generation: Generation): Promise<void>;
  discard(generation: Generation): Promise<void>;
  /** Forgets what was never activated and all but the last few that were. */
  prune(): Promise<void>;
}

/** What goes into a generation. */
export interface Content {
  readonly site: Manifest['site'];
  readonly standing: Manifest['standing'];
  /** By path: the text, its mode, and what is recorded of it. */
  readonly files: ReadonlyMap<string, ContentFile>;
  /** The file that tells the hash, which cannot be part of what it is computed over. */
  seal(hash: string): { readonly path: string; readonly text: string };
}

export interface ContentFile extends Omit<FileRecord, 'sha256'> {
  readonly text: string;
  /** Private: readable by the owner only. */
  readonly secret: boolean;
}

/** The generations below an engine's prefix. */
export function generationsOf(prefix: string): Generations {
  const folder = join(prefix, 'generations');
  const current = join(prefix, 'current');
  const load = async (path: string): Promise<Generation | undefined> => {
    const text = await readIfThere(join(path, manifestFile));
    return text === undefined ? undefined : { folder: path, manifest: JSON.parse(text) as Manifest };
  };
  const activeFolder = async () => {
    const target = await readlink(current).catch(() => undefined);
    return target && join(folder, basename(target));
  };
  return {
    current,
    async active() {
      const path = await activeFolder();
      return path ? load(path) : undefined;
    },
    async stage(content, like) {
      const manifest = manifestOf(content);
      const path = join(folder, manifest.hash);
      const there = await load(path);
      if (there) return there;
      const seal = content.seal(manifest.hash);
      const sources = new Map<string, FileSource>([
        [manifestFile, { content: JSON.stringify(manifest), mode: 0o644 }],
        [seal.path, { content: seal.text, mode: 0o644 }],
      ]);
      for (const [name, file] of content.files) {
        const same = like?.manifest.files[name]?.sha256 === manifest.files[name]?.sha256;
        sources.set(
          name,
          like && same
            ? { link: join(like.folder, name) }
            : { content: file.text, mode: file.secret ? 0o600 : 0o644 },
        );
      }
      await writeFolder(path, sources);
      return { folder: path, manifest };
    },
    activate: (generation) => pointLink(current, join('generations', basename(generation.folder))),
    discard: (generation) => rm(generation.folder, { recursive: true, force: true }),
    async prune() {
      const active = await activeFolder();
      const found = await Promise.all(
        (await readdir(folder)).map(async (name) => {
          const path = join(folder, name);
          return { path, at: (await stat(path)).mtimeMs, partial: name.endsWith('.tmp') };
        }),
      );
      const whole = found.filter((f) => !f.partial && f.path !== active).sort((a, b) => b.at - a.at);
      const old = [...found.filter((f) => f.partial), ...whole.slice(kept)];
      await Promise.all(old.map((f) => rm(f.path, { recursive: true, force: true })));
    },
  };
}

function manifestOf(content: Content): Manifest {
  const files: Record<string, FileRecord> = {};
  for (const [path, { text, origins, reads }] of [...content.files].sort(([a], [b]) => (a < b ? -1 : 1)))
    files[path] = { sha256: sha256(text), ...(origins && { origins }), ...(reads && { reads }) };
  const { site, standing } = content;
  const digests = Object.entries(files).map(([path, file]) => [path, file.sha256]);
  return { format: 1, hash: sha256(JSON.stringify([digests, site, standing])), site, files, standing };
}

/** The text of each generated file that is active now, by path: what `plan --diff` compares with. */
export async function readGenerated(
  state: string,
  artefacts: readonly Pick<Artefact, 'engine'>[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const engine of new Set(artefacts.map((artefact) => artefact.engine))) {
    const active = await generationsOf(join(state, engine)).active();
    // Inputs (certificates, keys) have no origins, and are nobody's to read.
    for (const [path, record] of Object.entries(active?.manifest.files ?? {}))
      if (active && record.origins) texts.set(path, (await readIfThere(join(active.folder, path))) ?? '');
  }
  return texts;
}
