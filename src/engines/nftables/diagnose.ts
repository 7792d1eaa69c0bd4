import type { Complaint } from '../engine.ts';

/** What nft says against a script, without the lines of it that it shows and underlines. */
export function diagnose(output: string): Complaint[] {
  return output.split(/\r?\n/).flatMap((raw): Complaint[] => {
    const placed = /^(\S.*?):(\d+):\d+(?:-\d+)?: (Error|Warning): (.*)$/.exec(raw);
    if (placed) {
      const [, file = '', line, level, text = ''] = placed;
      const told = { severity: severity(level), text, quoted: [] };
      // `internal:0:0-0` is no place.
      return [file.startsWith('/') ? { ...told, file, line: Number(line) } : told];
    }
    const bare = /^(?:[\w ]+: )?(Error|Warning): (.*)$/.exec(raw);
    if (bare) return [{ severity: severity(bare[1]), text: bare[2] as string, quoted: [] }];
    const refused = /^(?:nft|sh|sudo|env): (.*)$/.exec(raw);
    return refused ? [{ severity: 'error', text: refused[1] as string, quoted: [] }] : [];
  });
}

const severity = (level: string | undefined): Complaint['severity'] =>
  level === 'Warning' ? 'warning' : 'error';
