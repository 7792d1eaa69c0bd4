import type { Complaint } from '../engine.ts';

/** What sshd says against a configuration, and our own comparison of what is in force. */
export function diagnose(output: string): Complaint[] {
  return output.split(/\r?\n/).flatMap((raw): Complaint[] => {
    const placed = /^(\/\S+?)(?: line |: line )(\d+): (.*)$/.exec(raw.trim());
    if (placed) {
      const [, file = '', line, text = ''] = placed;
      return [{ severity: 'error', text, file, line: Number(line), quoted: [] }];
    }
    const bare = /^(?:sshd|systemd-sysusers|awk|mawk): (.*)$/.exec(raw.trim());
    if (bare) return [{ severity: 'error', text: bare[1] as string, quoted: [] }];
    return [];
  });
}
