import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What Debian 12, the older of those we support, has of each family of versioned symbols, and in which package. */
const families = [
  { prefix: 'GLIBC_2.', debian12: 36, package: 'libc6', versioned: true },
  { prefix: 'GLIBCXX_3.4.', debian12: 30, package: 'libstdc++6', versioned: false },
  { prefix: 'GCC_', debian12: Number.POSITIVE_INFINITY, package: 'libgcc-s1', versioned: false },
] as const;

const known =
  /^(linux-vdso|linux-gate|ld-linux.*|\/.*\/ld-linux.*|libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s)\.so/;

/**
 * The Debian packages that a program or library of this machine needs to run on Debian 12 and later, as a `Depends`; or
 * why it would not run there.
 */
export async function librariesOf(
  file: string,
): Promise<{ readonly depends: readonly string[] } | { readonly why: string }> {
  const { stdout } = await run('ldd', [file]);
  const names = stdout.split('\n').map((line) => line.trim().split(' ')[0] ?? '');
  const foreign = names.find((name) => name !== '' && !known.test(name));
  if (foreign !== undefined) return { why: `${file} needs ${foreign}, which Debian 12 may not have` };
  const content = await readFile(file, 'latin1');
  const depends: string[] = [];
  for (const { prefix, debian12, package: name, versioned } of families) {
    const pattern = new RegExp(`\\0${prefix.replaceAll('.', '\\.')}(\\d+)`, 'g');
    const wanted = [...content.matchAll(pattern)].map((found) => Number(found[1]));
    if (wanted.length === 0) continue;
    const newest = wanted.reduce((a, b) => Math.max(a, b));
    if (newest > debian12) return { why: `${file} needs ${prefix}${newest}, and Debian 12 has ${debian12}` };
    depends.push(versioned ? `${name} (>= 2.${newest})` : name);
  }
  return { depends };
}
