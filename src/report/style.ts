/**
 * The pages' one style sheet: system fonts, light or dark as the reader's system has it, light on paper.
 *
 * Small text has a contrast of at least 4.5 to 1 in both. Wide tables scroll in their own box, and
 * on a narrow screen so do charts, which would otherwise be too small to read.
 */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1f2328;--soft:#57606a;--line:#d0d7de;--box:#f6f8fa;--paper:#fff;--link:#0550ae;--good:#116329;--bad:#a63600;--open:#6639ba}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9ba6b2;--line:#3d444d;--box:#161b22;--paper:#0d1117;--link:#6cb6ff;--good:#56d364;--bad:#ff9b5e;--open:#c9a5ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:1.5rem 1.25rem 4rem;font:15px/1.5 system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:break-word}
a{color:var(--link)}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .3rem}
h2{font-size:1.25rem;margin:2.6rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.6rem 0 .4rem}
p{margin:.4rem 0 .8rem;max-width:48rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:1rem 0 0;padding:0}
.soft,caption,figcaption,footer{color:var(--soft)}
.verdict{border:1px solid var(--line);border-left-width:6px;border-radius:6px;background:var(--box);padding:.8rem 1rem;margin:1rem 0}
.verdict p{margin:.1rem 0}
.verdict ul{margin:.3rem 0;padding-left:1.2rem}
.verdict .word{font-size:1.35rem;font-weight:600}
.met{color:var(--good)}.missed{color:var(--bad)}.open{color:var(--open)}
div.met{border-left-color:var(--good)}div.missed{border-left-color:var(--bad)}div.open{border-left-color:var(--open)}
div.verdict{color:inherit}div.met .word{color:var(--good)}div.missed .word{color:var(--bad)}div.open .word{color:var(--open)}
td .met,td .missed,td .open{font-weight:600;white-space:nowrap}
.scroll{overflow-x:auto;margin:.6rem 0 1.2rem}
table{border-collapse:collapse;font-size:.92em}
caption{text-align:left;padding:0 0 .35rem}
th,td{text-align:left;vertical-align:top;padding:.28rem .8rem .28rem 0;border-bottom:1px solid var(--line)}
thead th{border-bottom-width:2px;vertical-align:bottom}
tbody th{font-weight:500;min-width:6rem}
td:not(.n){min-width:6rem}td code{overflow-wrap:anywhere}td .t{white-space:nowrap}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
figure{margin:1.2rem 0 1.8rem}
figure svg{display:block;max-width:100%;height:auto}
@media screen and (max-width:42rem){figure{overflow-x:auto}figure svg{max-width:none;width:42rem}figcaption{position:sticky;left:0}
td:not(.n){min-width:9rem}caption{position:sticky;left:0;width:calc(100vw - 2.5rem)}}
figcaption{max-width:48rem;margin:.3rem 0 0;padding-left:1rem;border-left:3px solid var(--line)}
code,pre{font:.92em ui-monospace,Consolas,"Liberation Mono",monospace}
pre{background:var(--box);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;overflow-x:auto}
td pre{margin:0}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.8rem;font-size:.92em}
@media print{:root{color-scheme:light;--ink:#000;--soft:#333;--line:#999;--box:#fff;--paper:#fff;--link:#000;--good:#000;--bad:#000;--open:#000}
body{max-width:none;padding:0;font-size:10.5pt}nav{display:none}figure,tr,.verdict{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}
table{font-size:7.5pt;width:100%}th,td{padding-right:.5em}tbody th{min-width:0}td:not(.n){min-width:3.5rem}td.n,td .t,td .met,td .missed,td .open{white-space:normal}}
`;
