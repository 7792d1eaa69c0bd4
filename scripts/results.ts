/** What became of a file's tests in one run. */
export interface FileResult {
  /** The vitest configuration that it ran by. */
  readonly config: string;
  /** From the root of the project; empty for what belongs to no file. */
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The failed ones. */
  readonly titles: readonly string[];
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** More than a handful that are skipped hide something. */
export const skipsAllowed = 5;

/** A machine in trouble fails one file or two; when more fail, something is broken. */
export const secondsAllowed = 3;

export function sum(results: readonly Counts[]): Counts {
  const add = (key: keyof Counts) => results.reduce((total, result) => total + result[key], 0);
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') };
}

/** The files that failed, where they may run once again: none when there are too many, or when one has no name. */
export function seconds(results: readonly FileResult[]): readonly FileResult[] {
  const failed = results.filter((result) => result.failed > 0);
  return failed.length > secondsAllowed || failed.some(({ file }) => file === '') ? [] : failed;
}

/** The results with those of the second run in place of the first's. */
export function replaced(first: readonly FileResult[], second: readonly FileResult[]): readonly FileResult[] {
  const key = ({ config, file }: FileResult) => `${config} ${file}`;
  const again = new Map(second.map((result) => [key(result), result]));
  return first.map((result) => again.get(key(result)) ?? result);
}

/** What is to be mended although the run passes; a line, or nothing. */
export function flakyLine(flaky: readonly FileResult[]): string | undefined {
  if (flaky.length === 0) return undefined;
  const names = flaky.map(({ file, titles }) => `${file} (${titles.join('; ')})`).join(', ');
  return `${flaky.length} ${flaky.length === 1 ? 'file' : 'files'} failed at first and passed when run again alone: ${names}`;
}

export function tooManySkipped({ skipped }: Counts): string {
  return `${skipped} tests were skipped; at most ${skipsAllowed} may be.`;
}

export function countsLine({ passed, failed, skipped }: Counts): string {
  return `tests: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}
