/** What the portal's pages add to the style of what visitors see. Wide screens, phones, keyboards, paper colours. */
export const portalStyle = `
body.portal{display:flex;flex-direction:column;align-items:center;justify-content:flex-start}
.portal>header,.portal>nav.places,.portal>footer,.portal>main{width:100%;max-width:64rem}
.portal>header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.5rem 1.5rem;padding:1.25rem 1.5rem .5rem}
.portal>header:not(:has(.who)){justify-content:center;padding-top:2.5rem}
.brand{color:var(--ink);font-weight:600;font-size:1.15rem;text-decoration:none}
.who{display:flex;align-items:center;gap:.75rem;color:var(--muted)}
.places ul{display:flex;flex-wrap:wrap;gap:.15rem .25rem;margin:0;padding:0 .75rem;list-style:none}
.places a{display:block;padding:.4rem .75rem;border-radius:.3rem;color:var(--ink);text-decoration:none}
.places a:hover{text-decoration:underline}
.places a[aria-current]{color:var(--accent);font-weight:600;box-shadow:inset 0 -.15rem var(--accent);border-radius:.3rem .3rem 0 0}
.portal>main{width:calc(100% - 3rem);max-width:28rem;margin:1.25rem 1.5rem}
.portal>main.wide{max-width:61rem}
.portal>main:focus{outline:0}
.portal>footer{margin-top:auto;padding:.5rem 1.5rem 1.5rem;color:var(--muted);font-size:.92rem}
.portal>footer nav{display:flex;flex-wrap:wrap;gap:.5rem 1rem;justify-content:center}
.skip{position:absolute;left:-100vw;padding:.5rem 1rem;background:var(--card)}
.skip:focus{left:.5rem;top:.5rem;z-index:1}
h2{margin:2rem 0 .5rem;font-size:1.15rem}
.field{margin:1rem 0}
label{display:block;font-weight:600}
.field small{display:block;margin-bottom:.2rem}
input:not([type=hidden]):not([type=checkbox]):not([type=radio]),select,textarea{width:100%;min-height:2.75rem;padding:.5rem .7rem;border:1px solid var(--edge);border-radius:.3rem;background:var(--page);color:var(--ink);font:inherit}
textarea{min-height:5rem}
input[aria-invalid]{border:2px solid var(--wrong)}
.check{display:flex;gap:.6rem;align-items:baseline}
.check label{font-weight:400}
.check input{flex:none;width:1.5rem;height:1.5rem;margin:0;align-self:center;accent-color:var(--accent)}
button,a.button{display:inline-block;min-height:2.75rem;padding:.45rem 1.1rem;border:1px solid var(--accent);border-radius:.3rem;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;line-height:1.7;text-align:center;text-decoration:none;cursor:pointer}
button.quiet,a.button.quiet{border-color:var(--edge);background:transparent;color:var(--ink);font-weight:400}
button.danger{border-color:var(--wrong);background:transparent;color:var(--wrong)}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;margin:1.25rem 0 .25rem}
.actions>button:only-child,.actions>a.button:only-child{flex:1}
form{margin:0}
.or{display:flex;align-items:center;gap:.75rem;margin:1.25rem 0;color:var(--muted)}
.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line)}
.stack{display:grid;gap:.6rem}
.wrong,.done{padding:.6rem .9rem;border-left:.3rem solid var(--wrong);border-radius:.2rem;background:var(--page);font-weight:600}
.wrong{color:var(--wrong)}
.done{border-color:var(--right);color:var(--right)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:1rem;margin:1rem 0;padding:0;list-style:none}
.cards>li{display:flex;flex-direction:column;border:1px solid var(--line);border-radius:.4rem;padding:1rem 1.1rem;overflow-wrap:anywhere}
.cards>li>a:first-child{font-weight:600;font-size:1.08rem}
.cards>li>strong{font-size:1.08rem}
.cards small{display:block}
.cards .state{margin-top:auto;padding-top:.5rem;font-size:.95rem}
.cards .shut{color:var(--muted)}
.rows{margin:1rem 0;padding:0;list-style:none;border-top:1px solid var(--line)}
.rows>li{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.5rem 1.5rem;padding:.9rem 0;border-bottom:1px solid var(--line)}
.rows>li>div{flex:1 1 18rem;overflow-wrap:anywhere}
.rows small{display:block}
.qr{display:block;border-radius:.3rem}
.seed{font-size:1.05rem;overflow-wrap:anywhere}
.codes{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.4rem 1.5rem;margin:1rem 0;padding:0;list-style:none}
.codes code{font-size:1.05rem}
.tag{display:inline-block;padding:0 .5rem;border:1px solid currentColor;border-radius:1rem;font-size:.85rem;font-weight:600;color:var(--muted)}
.tag.good{color:var(--right)}
.tag.bad{color:var(--wrong)}
@media (max-width:30rem){.portal>main{width:calc(100% - 1.5rem);margin:.75rem;padding:1.25rem}.portal>header{padding:1rem .9rem .25rem}.places ul{padding:0 .15rem}.places a{padding:.35rem .5rem}.rows>li form,.rows>li button{width:100%}}
@media (prefers-contrast:more){:root{--muted:var(--ink);--line:var(--ink);--edge:var(--ink)}}
@media (forced-colors:active){button,a.button{border-color:ButtonText}}
`;
