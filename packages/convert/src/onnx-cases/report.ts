import type { CaseResult } from "./harness.ts";

/** What is committed of a run: the counts may only grow. */
export interface Summary {
  readonly backend: string;
  readonly passed: number;
  readonly total: number;
  readonly groups: Readonly<Record<string, { readonly passed: number; readonly total: number }>>;
  /** onnxruntime-node on the same cases. */
  readonly onnxruntime?: number;
}

function tally(results: readonly CaseResult[], key: (result: CaseResult) => string) {
  const counts: Record<string, { passed: number; total: number }> = {};
  for (const result of results) {
    const count = counts[key(result)] ?? { passed: 0, total: 0 };
    counts[key(result)] = count;
    count.total++;
    if (result.reason === undefined) count.passed++;
  }
  return counts;
}

export function summarize(results: readonly CaseResult[], backend: string): Summary {
  return {
    backend,
    passed: results.filter(({ reason }) => reason === undefined).length,
    total: results.length,
    groups: tally(results, ({ group }) => group),
  };
}

const inCell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|").slice(0, 240);

/** Why a case that fails is left so, where that is known. */
const left: readonly (readonly [RegExp, string])[] = [
  [
    /^test_bernoulli/,
    "its expected values were drawn by a generator whose seed nobody wrote down, so no engine can agree",
  ],
  [
    /^test_dft_inverse/,
    "its expected value is rounding noise in place of an exact 0, beyond the absolute tolerance of 1e-7",
  ],
  [
    /^test_image_decoder/,
    "a reference runs synchronously, and the decoder of this format that we use does not",
  ],
];

function why({ name }: CaseResult): string {
  const found = left.find(([pattern]) => pattern.test(name));
  return found ? ` (${found[1]})` : "";
}

/** The run as Markdown: a table by operator, then each failing case with its reason. */
export function formatReport(results: readonly CaseResult[], backend: string, onnxruntime?: number): string {
  const { passed, total, groups } = summarize(results, backend);
  const byOperator = Object.entries(tally(results, ({ operator }) => operator)).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const failing = results.filter(({ reason }) => reason !== undefined);
  const lines = [
    "# ONNX standard cases",
    "",
    `The cases of onnx 1.22 run by the ${backend} backend: ${passed} of ${total} pass.`,
    ...(onnxruntime === undefined ? [] : [`onnxruntime-node 1.30 passes ${onnxruntime} of them.`]),
    "Written by `node packages/convert/scripts/onnx-cases.mjs --write`.",
    "",
    "| group | passed | total |",
    "|---|---|---|",
    ...Object.entries(groups).map(([group, count]) => `| ${group} | ${count.passed} | ${count.total} |`),
    "",
    "## By operator",
    "",
    "| operator | passed | total |",
    "|---|---|---|",
    ...byOperator.map(([operator, count]) => `| ${operator} | ${count.passed} | ${count.total} |`),
    "",
    "## Cases that do not pass",
    "",
    "| case | reason |",
    "|---|---|",
    ...failing.map((result) => `| ${result.name} | ${inCell(result.reason!)}${why(result)} |`),
    "",
  ];
  return lines.join("\n");
}
