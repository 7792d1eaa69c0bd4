import { inkOn, readableOn } from './colours.ts';

/** Stone and brass, by day and by night. */
const light = { page: '#f5f4f0', card: '#ffffff', brass: '#8a6d3b' } as const;
const dark = { page: '#16181d', card: '#22262e', brass: '#d4a95a' } as const;

/** Colours of one scheme; that of the brand is kept readable on both backgrounds. */
function scheme(name: 'light' | 'dark', brand: string | undefined): string {
  const { page, card, brass } = name === 'light' ? light : dark;
  const accent = readableOn(brand ?? brass, [page, card], name === 'light' ? 'black' : 'white');
  const fixed =
    name === 'light'
      ? '--ink:#1f2933;--muted:#52606d;--line:#dcd8ce;--edge:#7b8794;--wrong:#a4262c;--right:#1d6b3a;--shadow:#0002'
      : '--ink:#e4e7eb;--muted:#a5b0bd;--line:#3a404b;--edge:#7b8794;--wrong:#ff9b9b;--right:#7fd6a0;--shadow:#0006';
  return `--page:${page};--card:${card};--accent:${accent};--on-accent:${inkOn(accent)};${fixed}`;
}

/**
 * The style of what visitors see of the gateway itself: its own pages and the portal. `colour` is that of the
 * organisation (`#336699`), darkened or lightened as far as texts need it.
 */
export function visitorStyle(colour?: string): string {
  return `:root{color-scheme:light dark;${scheme('light', colour)}}
@media (prefers-color-scheme:dark){:root{${scheme('dark', colour)}}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:1.05rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;color:var(--ink);background:var(--page)}
main{width:calc(100% - 3rem);max-width:34rem;margin:1.5rem;padding:2rem;border-top:.35rem solid var(--accent);border-radius:.4rem;background:var(--card);box-shadow:0 .1rem .6rem var(--shadow)}
h1{margin:0 0 .6rem;font-size:1.5rem;line-height:1.25}
p{margin:.6rem 0}
small{color:var(--muted)}
code{overflow-wrap:anywhere}
a{color:var(--accent)}
.brand{display:flex;flex-wrap:wrap;align-items:center;gap:.75rem;overflow-wrap:anywhere}
.brand img{max-height:2.5rem;max-width:10rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}`;
}
