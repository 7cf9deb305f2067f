// Writes docs/support.md: which operators have kernels on which backend, and which networks run, agree and how fast.
//   node apps/bench/scripts/support-table.mjs            operators and networks (minutes)
// Needs the build (npm run build, npm run build:native) and onnxruntime-node, the oracle of the networks.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { x86 } from "@coracle/backend-x86";
import { makeInputs, opCases } from "@coracle/conformance";
import { toOnnx } from "@coracle/convert";
import { inferNode, makeValue, ops, Predictor, reference } from "@coracle/core";
import { models, randomFeeds } from "@coracle/models";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";

const file = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "docs", "support.md");
/** Networks of references inside: one run each takes long enough. */
const measuredMs = 700;
const boxTolerance = 1e-3;
const tolerance = 1e-4;

function nodeOf({ op, attrs, inputs: specs }, tensors) {
  const inputs = tensors.map((tensor, i) =>
    makeValue(`x${i}`, tensor.type, specs[i].isConstant ? tensor : undefined),
  );
  const untyped = { name: "case", op, attrs, inputs };
  const outputs = inferNode(untyped).map((type, i) => makeValue(`y${i}`, type));
  return { ...untyped, outputs };
}

/** How many of an operator's conformance cases a kernel of the backend takes. */
function operatorRows() {
  const rows = new Map();
  for (const testCase of opCases) {
    const row = rows.get(testCase.op.name) ?? { cases: 0, native: 0, kernels: new Set() };
    rows.set(testCase.op.name, row);
    row.cases++;
    const node = nodeOf(testCase, makeInputs(testCase));
    const taking = x86.kernels.filter(
      ({ op, supports }) => op.name === node.op.name && supports(node) === true,
    );
    if (taking.length > 0) row.native++;
    for (const { name } of taking) row.kernels.add(name.replace("x86/", ""));
  }
  const all = Object.values(ops).filter((op) => typeof op?.reference === "function");
  for (const { name } of all)
    if (!rows.has(name)) rows.set(name, { cases: 0, native: 0, kernels: new Set() });
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
}

const ortTypes = { f32: "float32", i64: "int64", i32: "int32" };

async function byOrt(program, feeds) {
  const session = await InferenceSession.create(toOnnx(program), {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, t]) => [name, new OrtTensor(ortTypes[t.dtype], t.data, [...t.shape])]),
  );
  const outputs = await session.run(given);
  const ms = await fastest(() => session.run(given));
  await session.release();
  return { outputs, ms };
}

async function fastest(run) {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + measuredMs;
  do {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < end);
  return best;
}

/** The largest distance of an output by its largest magnitude. */
function worstError(ours, theirs) {
  let worst = 0;
  for (const [name, { data }] of Object.entries(ours)) {
    const expected = theirs[name].data;
    let [error, magnitude] = [0, 1e-30];
    for (let i = 0; i < expected.length; i++) {
      error = Math.max(error, Math.abs(Number(data[i]) - Number(expected[i])));
      magnitude = Math.max(magnitude, Math.abs(Number(expected[i])));
    }
    worst = Math.max(worst, error / magnitude);
  }
  return worst;
}

async function modelRow(name, model) {
  const program = model.build({ statistics: "random" });
  const feeds = randomFeeds(program);
  const predictor = await Predictor.create(program, { backends: [x86, reference], threads: 1 });
  try {
    const outputs = await predictor.run(feeds);
    const ms = await fastest(() => predictor.run(feeds));
    const { rows } = predictor.explain();
    const slow = [
      ...new Set(rows.filter(({ target, isView }) => target === "reference" && !isView).map(({ op }) => op)),
    ];
    const theirs = await byOrt(program, feeds);
    const error = worstError(outputs, theirs.outputs);
    const limit = /boxes|ultraface|faceboxes|mtcnn$|rcnn/.test(name) ? boxTolerance : tolerance;
    return { name, ms, ort: theirs.ms, error, agrees: error <= limit, slow };
  } finally {
    predictor.dispose();
  }
}

const operators = operatorRows();
const lines = [
  "# What runs where",
  "",
  "Written by `node apps/bench/scripts/support-table.mjs`. Every operator runs on every predictor: by a kernel where there is one, else by its",
  "reference on the JavaScript side.",
  "",
  "## Operators",
  "",
  "Of each operator's conformance cases, those that a kernel of the backend takes. Operators without cases take strings or containers.",
  "",
  "| operator | reference | x86: cases with a kernel | x86: kernels |",
  "|---|---|---|---|",
  ...operators.map(
    ([name, { cases, native, kernels }]) =>
      `| ${name} | yes | ${cases === 0 ? "-" : `${native} of ${cases}`} | ${[...kernels].join(", ")} |`,
  ),
  "",
  "## Networks",
  "",
  `${x86.target} with one thread against onnxruntime-node on what \`toOnnx\` writes, minima of ${measuredMs} ms of runs each, one after the other on a shared`,
  "machine: read `npm run bench` for comparisons. Error: the largest distance of an output by its largest magnitude.",
  "",
  "| network | runs | agrees | error | ms | onnxruntime ms | by reference |",
  "|---|---|---|---|---|---|---|",
];
const only = process.argv[2] && new RegExp(process.argv[2]);
for (const [name, model] of Object.entries(models)) {
  if (only && !only.test(name)) continue;
  const row = await modelRow(name, model).catch((error) => ({
    name,
    failure: String(error.message).slice(0, 160),
  }));
  console.log(JSON.stringify(row));
  lines.push(
    row.failure
      ? `| ${name} | no: ${row.failure} | | | | | |`
      : `| ${name} | yes | ${row.agrees ? "yes" : "no"} | ${row.error.toExponential(1)} | ${row.ms.toFixed(2)} | ${row.ort.toFixed(2)} | ${row.slow.join(", ")} |`,
  );
}
if (!only) writeFileSync(file, `${lines.join("\n")}\n`);
