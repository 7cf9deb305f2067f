/** A program before and after, as one HTML page: a graph to move about in, drawn by cytoscape, which the page holds. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { constantsOf, formatType, numElements, type Program, print, producersOf } from "@coracle/core";

interface Element {
  readonly data: Readonly<Record<string, string | number>>;
}

const families: readonly (readonly [RegExp, string])[] = [
  [/^(conv|qlinearConv|convTranspose)/, "#4c78a8"],
  [/^(matMul|attention|qlinearMatMul|einsum|lstm|gru|rnn)/, "#b279a2"],
  [/(Pool|^reduce)/, "#54a24b"],
  [/(Norm|softmax)/i, "#eeca3b"],
  [
    /^(reshape|transpose|concat|split|slice|gather|pad|expand|tile|squeeze|unsqueeze|flatten|resize)/,
    "#9d755d",
  ],
  [/^(if|loop|scan)$/, "#e45756"],
];

const colourOf = (op: string): string => families.find(([pattern]) => pattern.test(op))?.[1] ?? "#f58518";

/** Nodes, inputs and outputs, and an edge for each value that is no constant. */
function elementsOf(program: Program): readonly Element[] {
  const producers = producersOf(program);
  const idOf = new Map<unknown, string>();
  const elements: Element[] = [];
  program.inputs.forEach((value, i) => {
    idOf.set(value, `in${i}`);
    elements.push({
      data: { id: `in${i}`, label: value.name, detail: formatType(value.type), colour: "#bab0ac" },
    });
  });
  program.nodes.forEach((node, i) => {
    idOf.set(node, `n${i}`);
    const weights = node.inputs
      .filter(({ data }) => data)
      .map(({ name, type }) => `${name}: ${formatType(type)}`);
    const detail = [
      `${node.op.name} "${node.name}"`,
      ...node.outputs.map(({ type }) => formatType(type)),
      ...weights,
    ];
    elements.push({
      data: { id: `n${i}`, label: node.op.name, detail: detail.join("\n"), colour: colourOf(node.op.name) },
    });
  });
  const link = (value: Program["inputs"][number], target: string): void => {
    const source = idOf.get(producers.get(value) ?? value);
    if (source)
      elements.push({
        data: { id: `${source}-${target}-${elements.length}`, source, target, label: formatType(value.type) },
      });
  };
  program.nodes.forEach((node, i) => {
    for (const input of new Set(node.inputs)) if (!input.data) link(input, `n${i}`);
  });
  program.outputs.forEach((value, i) => {
    elements.push({
      data: { id: `out${i}`, label: value.name, detail: formatType(value.type), colour: "#bab0ac" },
    });
    link(value, `out${i}`);
  });
  return elements;
}

/** A browser's build, beside the file that Node would load. */
function library(name: string, file: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  return readFileSync(join(dirname(entry), file), "utf8").replaceAll("</script", "<\\/script");
}

const json = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
const escapeHtml = (text: string): string =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]!);

function facts(program: Program): string {
  const parameters = [...constantsOf(program)].reduce((sum, { type }) => sum + numElements(type.shape), 0);
  return `${program.nodes.length} nodes, ${parameters.toLocaleString("en")} parameters`;
}

const style = `
body { margin: 0; font: 14px system-ui, sans-serif; display: grid; grid-template-rows: auto 1fr; height: 100vh; color: #222; }
header { display: flex; gap: 1em; align-items: center; padding: .5em 1em; border-bottom: 1px solid #ccc; }
header button { font: inherit; padding: .3em .8em; } header button[aria-pressed="true"] { background: #4c78a8; color: #fff; }
main { display: grid; grid-template-columns: 1fr 24em; min-height: 0; } #graph { min-height: 0; }
aside { border-left: 1px solid #ccc; padding: 1em; overflow: auto; } pre { white-space: pre-wrap; word-break: break-word; }
`;

const script = `
let current;
document.getElementById("whole").addEventListener("click", () => current.fit(undefined, 20));
const show = (which) => {
  document.querySelectorAll("button[data-which]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.which === which)));
  document.getElementById("facts").textContent = graphs[which].facts;
  document.getElementById("text").textContent = graphs[which].text;
  const cy = cytoscape({
    container: document.getElementById("graph"), elements: graphs[which].elements, wheelSensitivity: 0.3,
    style: [
      { selector: "node", style: { label: "data(label)", "background-color": "data(colour)", shape: "round-rectangle", width: "label", height: 22,
        padding: 6, "text-valign": "center", color: "#fff", "font-size": 12 } },
      { selector: "edge", style: { width: 1.5, "line-color": "#aaa", "target-arrow-color": "#aaa", "target-arrow-shape": "triangle", "curve-style": "bezier" } },
      { selector: ":selected", style: { "border-width": 3, "border-color": "#222" } },
    ],
    layout: { name: "dagre", rankDir: "TB", nodeSep: 20, rankSep: 30 },
  });
  current = cy;
  if (cy.nodes().length > 30) { cy.zoom(0.9); cy.center(cy.nodes()[0]); cy.panBy({ x: 0, y: 60 - cy.height() / 2 }); }
  cy.on("tap", "node", (event) => { document.getElementById("detail").textContent = event.target.data("detail"); });
};
document.querySelectorAll("button[data-which]").forEach((b) => b.addEventListener("click", () => show(b.dataset.which)));
document.getElementById("find").addEventListener("input", (event) => {
  const text = event.target.value.toLowerCase();
  current.nodes().forEach((node) => node.style("opacity", text === "" || node.data("detail").toLowerCase().includes(text) ? 1 : 0.15));
});
show("after");
`;

/** One file that needs nothing else. */
export function graphPage(title: string, before: Program, after: Program): string {
  const graphs = Object.fromEntries(
    Object.entries({ before, after }).map(([which, program]) => [
      which,
      { elements: elementsOf(program), facts: facts(program), text: print(program) },
    ]),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><header><strong>${escapeHtml(title)}</strong>
<button data-which="before">before</button><button data-which="after">after</button>
<button id="whole">whole graph</button> <span id="facts"></span><input id="find" type="search" placeholder="find an operator or name"></header>
<main><div id="graph"></div><aside><pre id="detail">Click a node.</pre><details><summary>as text</summary><pre id="text"></pre></details></aside></main>
<script>${library("cytoscape", "cytoscape.min.js")}</script>
<script>${library("cytoscape-dagre", "cytoscape-dagre.min.js")}</script>
<script>const graphs = ${json(graphs)};${script}</script></body></html>
`;
}
