import { lstat, readdir, readFile, readlink, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Sealed } from '../engines/engine.ts';
import { type FileSource, pointLink, readIfThere, writeFolder } from '../hosts/files.ts';
import { sha256 } from '../lib/digest.ts';
import type { FileRecord, Manifest } from '../model/applied.ts';
import type { Artefact } from '../model/plan.ts';

/** How many earlier generations stay on disk, to come back to. */
const kept = 5;
const manifestFile = 'manifest.json';
/** Ends the name of a generation that is not as it was written. */
const damaged = '.damaged';

/** A configuration folder that was written whole, and what it holds. */
export interface Generation {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The generations of one engine below its prefix, and the link `current` to the active one. */
export interface Generations {
  /** The link that the engine follows. */
  readonly current: string;
  /** `undefined` too when its manifest cannot be read. */
  active(): Promise<Generation | undefined>;
  /** The generation with this hash, when it is still on disk. */
  find(hash: string): Promise<Generation | undefined>;
  /**
   * Looks whether the active generation still is as it was written (somebody may have edited it, or the disk failed).
   * If not, it is set aside, active as before, so that staging writes it anew. Gives whether it was.
   */
  setAsideDamaged(seal: Content['seal']): Promise<boolean>;
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
  /** The files that tell the hash or the folder, which cannot be part of what it is computed over. */
  seal(hash: string, folder: string, paths: readonly string[]): readonly Sealed[];
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
    const manifest = await readManifest(join(path, manifestFile));
    return manifest && { folder: path, manifest };
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
    find: (hash) => load(join(folder, hash)),
    async setAsideDamaged(seal) {
      const path = await activeFolder();
      if (!path) return false;
      const found = await load(path);
      if (found && (await isIntact(found, seal))) return false;
      if (path.endsWith(damaged)) return true;
      if (!(await lstat(path).catch(() => undefined))) {
        // Else what is staged in its place would be active before it is accepted.
        await rm(current);
        return true;
      }
      const aside = path + damaged;
      await rm(aside, { recursive: true, force: true });
      await rename(path, aside);
      await pointLink(current, join('generations', basename(aside)));
      return true;
    },
    async stage(content, like) {
      const manifest = manifestOf(content);
      const path = join(folder, manifest.hash);
      const there = like?.folder === path ? like : await load(path);
      if (there && (there === like || (await isIntact(there, content.seal)))) return there;
      await rm(path, { recursive: true, force: true });
      const sealed = content.seal(manifest.hash, path, Object.keys(manifest.files));
      const sources = new Map<string, FileSource>([
        [manifestFile, { content: JSON.stringify(manifest), mode: 0o644 }],
        ...sealed.map((each): [string, FileSource] => [each.path, { content: each.text, mode: 0o644 }]),
      ]);
      for (const [name, file] of content.files) {
        const same = like?.manifest.files[name]?.sha256 === manifest.files[name]?.sha256;
        const mode = file.secret ? 0o600 : 0o644;
        sources.set(name, {
          content: file.text,
          mode,
          ...(like && same && { like: join(like.folder, name) }),
        });
      }
      await writeFolder(path, sources);
      return { folder: path, manifest };
    },
    async activate(generation) {
      // Its age is the time since it was last active: what pruning goes by.
      await utimes(generation.folder, new Date(), new Date());
      await pointLink(current, join('generations', basename(generation.folder)));
    },
    discard: (generation) => rm(generation.folder, { recursive: true, force: true }),
    async prune() {
      const active = await activeFolder();
      const found = await Promise.all(
        (await readdir(folder)).map(async (name) => {
          const path = join(folder, name);
          const partial = (name.endsWith('.tmp') || name.endsWith(damaged)) && path !== active;
          return { path, at: (await stat(path)).mtimeMs, partial };
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
  return { format: 1, hash: hashOf(files, site, standing), site, files, standing };
}

function hashOf(
  files: Manifest['files'],
  site: Manifest['site'],
  standing: Manifest['standing'],
): Manifest['hash'] {
  const digests = Object.entries(files).map(([path, file]) => [path, file.sha256]);
  return sha256(JSON.stringify([digests, site, standing]));
}

/** A manifest that is what it says; `undefined` for one that is absent, cut short, altered or of another format. */
async function readManifest(path: string): Promise<Manifest | undefined> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as Manifest;
    const { format, hash, files, site, standing } = found;
    return format === 1 && hash === hashOf(files, site, standing) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Whether every file of a generation is there as it was written. */
async function isIntact({ folder, manifest }: Generation, seal: Content['seal']): Promise<boolean> {
  const sealed = seal(manifest.hash, folder, Object.keys(manifest.files));
  const digests = new Map(Object.entries(manifest.files).map(([path, file]) => [path, file.sha256]));
  for (const { path, text } of sealed) digests.set(path, sha256(text));
  for (const [path, digest] of digests) {
    const content = await readFile(join(folder, path)).catch(() => undefined);
    if (!content || sha256(content) !== digest) return false;
  }
  return true;
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
