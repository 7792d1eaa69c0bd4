import type { Complaint } from '../engine.ts';

const levels: Readonly<Record<string, Complaint['severity']>> = {
  emerg: 'error',
  alert: 'error',
  crit: 'error',
  error: 'error',
  warn: 'warning',
  notice: 'warning',
};

/** What `nginx -t` (standard error) or the error log says against a configuration, without its summary. */
export function diagnose(output: string): Complaint[] {
  return output.split(/\r?\n/).flatMap((raw) => {
    const found =
      /^(?:nginx: |\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d )\[(\w+)\] (?:\d+#\d+: )?(?:\*\d+ )?(.*)$/.exec(raw);
    if (!found) return stray(raw);
    const severity = levels[found[1] as string];
    const said = found[2] as string;
    if (severity === undefined) return [];
    // njs (0.8, Debian 13) and ModSecurity say that they are there.
    if (said.startsWith('js vm init') || /^ModSecurity-nginx v[\d.]+ \(rules loaded/.test(said)) return [];
    // Before it has read where its log is, nginx tries the one it was built with; it goes on without.
    if (said.startsWith('could not open error log file')) return [complaint('warning', said)];
    return [complaint(severity, said)];
  });
}

function complaint(severity: Complaint['severity'], said: string): Complaint {
  const place = /^(.*) in (\/.*):(\d+)$/.exec(said);
  const text = place?.[1] ?? said;
  const quoted = [...text.matchAll(/"(\/[^"]*)"/g)].map((m) => m[1] as string);
  return place
    ? { severity, text, file: place[2] as string, line: Number(place[3]), quoted }
    : { severity, text, quoted };
}

/** Lines without a level: the summary, which says nothing, or a refusal to run at all. */
function stray(raw: string): Complaint[] {
  const text = raw.replace(/^nginx: /, '').trim();
  if (
    text === '' ||
    /^(?:the )?configuration file .* (?:test failed|test is successful|syntax is ok)$/.test(text)
  )
    return [];
  return [complaint('error', text)];
}
