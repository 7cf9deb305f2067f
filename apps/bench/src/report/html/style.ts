/** The page's only style sheet; it needs no font and no file from anywhere. */
export const style = `
:root{color-scheme:light;--ink:#1c2630;--soft:#5b6875;--line:#e1e6eb;--own:#0b6bcb;--card:#fff}
*{box-sizing:border-box}
body{margin:0;background:#f4f6f8;color:var(--ink);font:15px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:36px 24px 80px}
h1{font-size:30px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:21px;margin:0 0 8px}
h3{font-size:15px;margin:22px 0 6px}
h3 small{font-weight:400;color:var(--soft);margin-left:8px}
p{margin:0 0 14px;color:var(--soft);max-width:84ch}
header p{margin:2px 0;max-width:none}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:24px 26px;margin-top:24px;overflow-x:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:14px;margin-top:24px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px}
.tile b{display:block;font-size:30px;line-height:1.15;color:var(--own);font-variant-numeric:tabular-nums}
.tile b.behind{color:#b4552d}
.tile span{color:var(--soft);font-size:13px;line-height:1.4;display:block;margin-top:4px}
svg{display:block;max-width:100%;height:auto;font-size:11px}
svg text{fill:var(--ink)}
svg .tick{fill:var(--soft)}
svg .roof{fill:var(--soft);font-size:10.5px}
svg .head{font-size:13px;font-weight:600}
svg .label{font-size:12.5px}
svg .value{fill:var(--soft);font-size:10px}
svg .best{font-weight:700;font-size:10px}
svg .grid{stroke:var(--line)}
svg .peak{stroke:#c2477f;stroke-dasharray:4 3}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 12px;padding:0;font-size:13px;color:var(--soft)}
.legend i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;vertical-align:-1px}
table{border-collapse:collapse;width:100%;font-size:12.5px;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left;color:var(--soft);border-bottom:1px solid #cbd3da;padding:4px 8px 4px 0;line-height:1.25;vertical-align:bottom}
td{padding:3px 8px 3px 0;border-bottom:1px solid var(--line);white-space:nowrap}
tbody tr:hover td{background:#f4f8fc}
th.n,td.n{text-align:right}
#numbers table{font-size:11.5px}
#numbers td,#numbers th{padding-right:6px}
.shapes{white-space:normal;color:var(--soft);font-size:11.5px;max-width:380px}
tr.own td{background:#eef5fd;font-weight:600}
.bar{display:block;width:160px;height:9px;background:linear-gradient(90deg,#edf0f3 50%,#e1e6eb 50%)}
.bar i{display:block;height:100%}
article{border-top:1px solid var(--line);margin-top:18px;padding-top:2px}
article:first-of-type{border:0}
details{margin-top:6px}
summary{cursor:pointer;color:var(--own);font-size:13px}
code{font:12.5px ui-monospace,"DejaVu Sans Mono",monospace}
header .warn{color:#7a3d0c;background:#fdf1e3;border:1px solid #f0d3b0;border-radius:8px;padding:10px 14px;margin-top:12px}
@media print{body{background:#fff}section,.tile{break-inside:avoid}}
`;
