import type { DiskUse, HostFacts } from '../model/host-facts.ts';

const begun = 'poterne-facts';
const ended = 'poterne-facts-end';

/**
 * What runs on the machine: POSIX sh, any account, no network. Each fact is a line of fields with tabs between them. What is not
 * there (apt, sudo) leaves its line out.
 */
export const factsScript = `LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin
t=$(printf '\\t')
limit() { if command -v timeout >/dev/null; then timeout "$@"; else shift; "$@"; fi; }
echo ${begun}
( [ -r /etc/os-release ] && . /etc/os-release && printf 'os\\t%s\\t%s\\t%s\\n' "$ID" "$VERSION_ID" "$PRETTY_NAME" )
printf 'kernel\\t%s\\narch\\t%s\\n' "$(uname -r)" "$(uname -m)"
[ -r /proc/uptime ] && { read -r up rest </proc/uptime; printf 'uptime\\t%s\\n' "$up"; }
[ -r /proc/meminfo ] && while read -r key value rest; do
  case $key in MemTotal:|MemAvailable:) printf 'memory\\t%s\\t%s\\n' "$key" "$value";; esac
done </proc/meminfo
for path in / /var; do
  limit 10 df -P -k "$path" 2>/dev/null | { read -r head; read -r device size used free share mount &&
    printf 'disk\\t%s\\t%s\\t%s\\n' "$size" "$used" "$mount"; }
done
{ limit 10 getent passwd 2>/dev/null || cat /etc/passwd; } | while IFS=: read -r name password uid gid gecos home shell; do
  printf 'account\\t%s\\t%s\\n' "$name" "$shell"
done
if [ "$(id -u)" = 0 ]; then echo "root\${t}login"
elif command -v sudo >/dev/null && limit 10 sudo -n true </dev/null >/dev/null 2>&1; then echo "root\${t}sudo"
else echo "root\${t}no"; fi
if command -v apt-get >/dev/null && ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
  if pending=$(limit 40 apt-get -s -q -o Debug::NoLocking=1 dist-upgrade 2>/dev/null </dev/null); then
    printf '%s\\n' "$pending" | while read -r verb name rest; do
      [ "$verb" = Inst ] && printf 'package\\t%s\\n' "$rest"
    done
    echo packages
  fi
fi
echo ${ended}
`;

/** The most accounts that are kept of one machine: more is a directory, not a machine's own. */
const mostAccounts = 20_000;

/** What the script printed; `undefined` unless all of it is there, whatever a login shell printed before. */
export function readFacts(host: string, at: string, printed: string): HostFacts | undefined {
  const lines = printed.split('\n');
  const first = lines.indexOf(begun);
  const last = lines.indexOf(ended, first + 1);
  if (first < 0 || last < 0) return undefined;
  // A machine is not to be believed with what a terminal would obey.
  const rows = lines
    .slice(first + 1, last)
    .map((line) => line.split('\t').map((field) => field.replace(/\p{Cc}/gu, '').trim()));
  const of = (kind: string) => rows.filter(([key]) => key === kind).map(([, ...fields]) => fields);
  const [os] = of('os');
  const [[kernel] = []] = of('kernel');
  const [[architecture] = []] = of('arch');
  const uptime = Number(of('uptime')[0]?.[0]);
  const memory = new Map(of('memory').map(([key, value]) => [key, Number(value) * 1024]));
  const [total, available] = [memory.get('MemTotal:'), memory.get('MemAvailable:')];
  const accounts = of('account').slice(0, mostAccounts);
  const named = (login: boolean) =>
    accounts.flatMap(([name, shell = '']) => (name && canLogIn(shell) === login ? [name] : []));
  const inst = of('package').map(([rest = '']) => rest);
  const [[root = 'no'] = []] = of('root');
  return {
    host,
    at,
    ...(os?.[0]
      ? { os: { id: os[0], ...(os[1] ? { version: os[1] } : {}), ...(os[2] ? { title: os[2] } : {}) } }
      : {}),
    ...(kernel ? { kernel } : {}),
    ...(architecture ? { architecture } : {}),
    ...(Number.isFinite(uptime) ? { uptimeSeconds: Math.floor(uptime) } : {}),
    ...(total && available !== undefined ? { memory: { totalBytes: total, availableBytes: available } } : {}),
    disks: disksOf(of('disk')),
    ...(of('packages').length > 0 ? { packages: packagesOf(inst) } : {}),
    accounts: { login: named(true), system: named(false) },
    root: root === 'login' || root === 'sudo' ? root : 'no',
  };
}

/** An empty shell is /bin/sh (passwd(5)). */
function canLogIn(shell: string): boolean {
  return !/\/(nologin|false|sync|shutdown|halt)$/.test(shell);
}

function disksOf(rows: readonly (readonly string[])[]): readonly DiskUse[] {
  const disks = rows.map(([size, used, path = '']) => ({
    path,
    totalBytes: Number(size) * 1024,
    usedBytes: Number(used) * 1024,
  }));
  return disks.filter(
    (disk, i) => disk.totalBytes > 0 && disks.findIndex(({ path }) => path === disk.path) === i,
  );
}

/**
 * `[1.2] (1.3 Debian:12/stable, Debian-Security:12/stable-security [amd64])`: without a version in front, it is a new one. What
 * stands before the first space in the parentheses is the version, and after them what it breaks.
 */
function packagesOf(rests: readonly string[]): { pending: number; security: number } {
  const upgraded = rests.flatMap((rest) => /^\[[^\]]*\] \(\S+ ?([^)]*)\)/.exec(rest)?.[1] ?? []);
  return {
    pending: upgraded.length,
    security: upgraded.filter((origins) => /security/i.test(origins)).length,
  };
}
