import type { Code } from '../i18n/en.ts';

/** What the rules of a file of the CRS look for, in plain words: a file is a family, and its number begins the rules' ids. */
const families: Readonly<Record<number, Code>> = {
  200: 'waf.family.body',
  911: 'waf.family.method',
  913: 'waf.family.scanner',
  920: 'waf.family.protocol',
  921: 'waf.family.smuggling',
  922: 'waf.family.multipart',
  930: 'waf.family.files',
  931: 'waf.family.inclusion',
  932: 'waf.family.commands',
  933: 'waf.family.php',
  934: 'waf.family.code',
  941: 'waf.family.script',
  942: 'waf.family.sql',
  943: 'waf.family.session',
  944: 'waf.family.java',
  950: 'waf.family.leak',
  951: 'waf.family.leak',
  952: 'waf.family.leak',
  953: 'waf.family.leak',
  954: 'waf.family.leak',
  955: 'waf.family.shell',
};

/** What a rule takes a request for, in plain words. */
export const familyOf = (rule: number): Code => families[Math.floor(rule / 1000)] ?? 'waf.family.other';
