/** The style of the page: the reader's fonts, light or dark as their system says, A4 on paper. */
export const pageStyle = `:root{--page:#fff;--ink:#17202c;--muted:#5b6876;--line:#dbe1e8;--head:#f4f6f9;--accent:#1f4f9c}
@media screen and (prefers-color-scheme:dark){:root{--page:#12171e;--ink:#e8edf3;--muted:#9fabb8;--line:#2c3744;--head:#1a222c;--accent:#8db4f2}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.5rem 4rem;max-width:82rem;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
h1{margin:0;font-size:1.9rem;line-height:1.2}
h2{margin:3rem 0 .25rem;font-size:1.3rem}
h3{margin:1.75rem 0 .5rem;font-size:1rem}
p{margin:.25rem 0 1rem;max-width:70ch}
.origin,small{color:var(--muted)}
small{font-size:.85em;overflow-wrap:anywhere}
a{color:var(--accent)}
a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
nav{display:flex;flex-wrap:wrap;gap:.35rem 1.25rem;padding:.75rem 0;border-block:1px solid var(--line)}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
nav .language{margin-left:auto}
figure{margin:1rem 0 0;overflow-x:auto}
figure svg{display:block;max-width:max(100%,60rem);height:auto;border:1px solid var(--line);border-radius:8px}
.table{overflow-x:auto;border:1px solid var(--line);border-radius:8px}
table{width:100%;border-collapse:collapse;font-size:.92rem}
th,td{padding:.5rem .75rem;text-align:left;vertical-align:top}
th{background:var(--head);font-weight:600;white-space:nowrap}
tbody tr+tr td{border-top:1px solid var(--line)}
td div+div{margin-top:.15rem}
code{font:.92em ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.note{margin-top:1rem;padding-left:.75rem;border-left:3px solid var(--accent)}
@page{size:A4 landscape;margin:12mm}
@media print{
body{padding:0;max-width:none;font-size:10pt}
nav{display:none}
h2{margin-top:1.5rem}
h2,h3,thead{break-after:avoid}
tr{break-inside:avoid}
figure,.table{overflow:visible}
figure svg{max-width:100%;max-height:160mm;border:0}
thead{display:table-header-group}
th{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}`;
