import { type Asked, tell } from './asked.ts';

/** The first of these that a User-Agent holds; the more particular stand first. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\/|\bHeadlessChrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

/** A browser as its owner would call it: "Firefox, Windows". What it says of itself proves nothing. */
export function deviceOf(asked: Asked, agent: string): string {
  const of = (known: typeof browsers) => known.find(([pattern]) => pattern.test(agent))?.[1];
  const found = [of(browsers), of(systems)].filter((name) => name !== undefined);
  return found.length === 0 ? tell(asked, 'portal.device.unknown') : found.join(', ');
}
