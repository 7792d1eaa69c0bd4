import type { Complaint } from '../engine.ts';

/** What fail2ban's own test says against its configuration. */
export function diagnose(output: string): Complaint[] {
  return output.split(/\r?\n/).flatMap((raw): Complaint[] => {
    const text = /(?:ERROR|CRITICAL)\s+(?:NOK: )?(.*)$/.exec(raw.trim())?.[1];
    return text === undefined || text === '' ? [] : [{ severity: 'error', text, quoted: [] }];
  });
}
