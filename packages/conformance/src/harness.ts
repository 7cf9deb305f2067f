import { type Backend, formatShape, Predictor, type Tensor } from "@coracle/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { caseId, makeInputs, type OpCase } from "./case.ts";
import { opCases } from "./cases/index.ts";
import { caseNode, oneNode } from "./one-node.ts";
import { Tally } from "./tally.ts";
import { firstDifference, toleranceOf } from "./tolerance.ts";
import { refusals, type Variant, variantsOf } from "./variants.ts";

export interface Skip {
  /** For people; printed with the test. */
  readonly reason: string;
  /** Matched against `caseId`: a pattern, or whole ids. */
  readonly cases: RegExp | readonly string[];
}

export interface DescribeOptions {
  /** A skip that matches no case fails. */
  readonly skip?: readonly Skip[];
  /** Compute threads. Default 2. */
  readonly threads?: number;
  /** Where the hardware is missing. Default "fail". */
  readonly ifUnavailable?: "fail" | "skip";
  /** Default: all of `opCases`. */
  readonly cases?: readonly OpCase[];
}

function isSkipped({ cases }: Skip, id: string): boolean {
  return cases instanceof RegExp ? cases.test(id) : cases.includes(id);
}

/**
 * Registers tests: every case on every kernel of the backend that takes it, in every layout, against the op's
 * reference. A case that no kernel takes runs through the predictor all the same, by reference.
 */
export function describeBackend(backend: Backend, options: DescribeOptions = {}): void {
  const { skip = [], threads = 2, ifUnavailable = "fail", cases = opCases } = options;
  const tally = new Tally(backend.target);
  describe(`${backend.target} conforms`, () => {
    let missing: string | undefined;
    beforeAll(async () => {
      const { available, description } = await backend.probe();
      if (!available) missing = description;
    });
    afterAll(() => {
      if (missing === undefined) process.stdout.write(`${tally}\n`);
    });
    test(`${backend.target} is available`, (context) => {
      if (missing !== undefined && ifUnavailable === "skip") context.skip(missing);
      expect(missing).toBeUndefined();
    });
    for (const testCase of cases) {
      const reason = skip.find((entry) => isSkipped(entry, caseId(testCase)))?.reason;
      test(caseId(testCase), async (context) => {
        if (reason !== undefined) context.skip(reason);
        if (missing !== undefined) context.skip(`${backend.target} is not available`);
        await checkCase(backend, testCase, { threads, tally });
      });
    }
    for (const entry of skip) {
      test(`the skip "${entry.reason}" is used`, () => {
        expect(cases.map(caseId).filter((id) => isSkipped(entry, id))).not.toHaveLength(0);
      });
    }
  });
}

interface Checking {
  readonly threads: number;
  readonly tally: Tally;
}

async function checkCase(backend: Backend, testCase: OpCase, { threads, tally }: Checking): Promise<void> {
  const inputs = makeInputs(testCase);
  const node = caseNode(oneNode(testCase, inputs, false).program);
  const variants = variantsOf(backend, node);
  const expected = testCase.op.reference(inputs, testCase.attrs);
  if (variants.length === 0) {
    const plain: Variant = { name: "by reference", backend, inArena: false };
    await checkVariant(plain, testCase, { inputs, expected, threads });
    tally.byReference(testCase.op.name, refusals(backend, node));
    return;
  }
  for (const variant of variants) {
    const kernels = await checkVariant(variant, testCase, { inputs, expected, threads });
    tally.byKernel(variant.kernel!, kernels);
  }
}

interface Expected {
  readonly inputs: readonly Tensor[];
  readonly expected: readonly Tensor[];
  readonly threads: number;
}

/** Runs and compares; gives the names of the kernels that ran. */
async function checkVariant(variant: Variant, testCase: OpCase, check: Expected): Promise<readonly string[]> {
  const { program, feeds } = oneNode(testCase, check.inputs, variant.inArena);
  using predictor = await Predictor.create(program, { backends: [variant.backend], threads: check.threads });
  const fetched = predictor.runSync(feeds);
  program.outputs.forEach(({ name }, i) => {
    const where = `${caseId(testCase)} by ${variant.name}, output ${i}`;
    const isApproximate = variant.isApproximate ?? false;
    compare(where, testCase, {
      given: fetched[name]!,
      expected: check.expected[i]!,
      all: check,
      isApproximate,
    });
  });
  return predictor.explain().rows.map(({ kernel }) => kernel);
}

interface Comparison {
  readonly given: Tensor;
  readonly expected: Tensor;
  readonly all: Expected;
  readonly isApproximate: boolean;
}

/** How far a kernel of `precision: "fast"` may lie from the reference, by the largest magnitude of the output. */
const approximation = 1e-4;

function compare(
  where: string,
  { op, attrs }: OpCase,
  { given, expected, all, isApproximate }: Comparison,
): void {
  expect(`${given.dtype}${formatShape(given.shape)}`, where).toBe(
    `${expected.dtype}${formatShape(expected.shape)}`,
  );
  if (op.accuracy === "random") return;
  const types = {
    inputs: all.inputs.map(({ type }) => type),
    outputs: all.expected.map(({ type }) => type),
  };
  const tolerance = toleranceOf(op, attrs, types, expected.dtype);
  const slack = isApproximate ? approximation * magnitude(expected) : 0;
  const allowed = { ...tolerance, absolute: tolerance.absolute + slack };
  const difference = firstDifference(given, expected, allowed);
  if (difference !== undefined) expect.fail(`${where}: ${difference}`);
}

function magnitude({ data }: Tensor): number {
  let largest = 0;
  for (const value of data) largest = Math.max(largest, Math.abs(Number(value)));
  return largest;
}
