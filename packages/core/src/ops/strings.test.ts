import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inferNode } from "../ir/infer.ts";
import type { Op } from "../ir/op.ts";
import { constantValue } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "./index.ts";
import { fullMatcher } from "./shared/regex.ts";

const text = (...values: readonly string[]): Tensor => Tensor.from("string", [values.length], values);
const run = <A>(op: Op<A>, attrs: A, ...inputs: readonly Tensor[]): readonly Tensor[] =>
  op.reference(inputs, attrs);
const strings = <A>(op: Op<A>, attrs: A, ...inputs: readonly Tensor[]): string[] => [
  ...run(op, attrs, ...inputs)[0]!.strings,
];

describe("movement ops move strings", () => {
  const grid = Tensor.from("string", [2, 2], ["a", "b", "c", "d"]);

  test("without looking at them", () => {
    expect(strings(ops.concat, { axis: 0 }, text("a"), text("b", "c"))).toEqual(["a", "b", "c"]);
    expect(strings(ops.transpose, { perm: [1, 0] }, grid)).toEqual(["a", "c", "b", "d"]);
    expect(strings(ops.gather, { axis: 0 }, grid, Tensor.ints([1, 0]))).toEqual(["c", "d", "a", "b"]);
    expect(strings(ops.reshape, { allowZero: false }, grid, Tensor.ints([4]))).toEqual(["a", "b", "c", "d"]);
    expect(strings(ops.expand, {}, text("a"), Tensor.ints([2, 1]))).toEqual(["a", "a"]);
    expect(strings(ops.tile, {}, text("a", "b"), Tensor.ints([2]))).toEqual(["a", "b", "a", "b"]);
    const range = [1, 2, 0, 1].map((value) => Tensor.ints([value]));
    expect(strings(ops.slice, {}, grid, ...range)).toEqual(["c", "d"]);
    expect(run(ops.split, { axis: 1, numOutputs: 2 }, grid).map((part) => [...part.strings])).toEqual([
      ["a", "c"],
      ["b", "d"],
    ]);
    const mask = Tensor.from("bool", [2], [1, 0]);
    expect(strings(ops.where, {}, mask, text("a", "b"), text("c", "d"))).toEqual(["a", "d"]);
    expect(strings(ops.unique, { sorted: true }, text("b", "a", "b"))).toEqual(["a", "b"]);
  });

  test("equal compares them", () => {
    expect([...run(ops.equal, {}, text("a", "b"), text("a"))[0]!.data]).toEqual([1, 0]);
    const inputs = [constantValue("a", text("a")), constantValue("b", text("b"))];
    expect(() => inferNode({ name: "n", op: ops.less, attrs: {}, inputs })).toThrow(
      'less "n": input 0 is string[1]; expected a tensor of numbers.',
    );
  });
});

describe("numbers and their text", () => {
  test.each([
    ["f32", [0.1, 1.5, -0, 1e20], ["0.1", "1.5", "-0", "100000000000000000000"]],
    ["f32", [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], ["NaN", "INF", "-INF"]],
    ["i64", [-5, 7], ["-5", "7"]],
    ["bool", [0, 1], ["False", "True"]],
  ] as const)("%s %j", (dtype, values, expected) => {
    expect(strings(ops.cast, { to: "string" }, Tensor.from(dtype, [values.length], [...values]))).toEqual(
      expected,
    );
  });

  test("text becomes numbers", () => {
    const numbers = text("1.5", " -2e3", "NaN", "INF", "-inf");
    expect([...run(ops.cast, { to: "f32" }, numbers)[0]!.data]).toEqual([
      1.5,
      -2000,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
    expect(run(ops.cast, { to: "i64" }, text("9007199254740993"))[0]!.data[0]).toBe(9007199254740993n);
    expect(() => run(ops.cast, { to: "f32" }, text("one"))).toThrow(
      'string "one"; expected a decimal number.',
    );
  });

  test("every single-precision number survives", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        const there = run(ops.cast, { to: "string" }, Tensor.scalar("f32", value));
        return Object.is(run(ops.cast, { to: "f32" }, ...there)[0]!.data[0], value);
      }),
    );
  });
});

describe("string ops", () => {
  test("stringConcat broadcasts", () => {
    expect(strings(ops.stringConcat, {}, text("a", "b"), text("x"))).toEqual(["ax", "bx"]);
  });

  test.each([
    ["", undefined, " a  b ", ["a", "b"]],
    ["", 1, " a  b c ", ["a", "b c "]],
    ["", 0, " a b", ["a b"]],
    ["-", undefined, "a--b-", ["a", "", "b", ""]],
    ["-", 1, "a-b-c", ["a", "b-c"]],
  ])("stringSplit by %j at most %j times: %j", (delimiter, maxSplit, given, expected) => {
    const attrs = maxSplit === undefined ? { delimiter } : { delimiter, maxSplit };
    const [pieces, counts] = run(ops.stringSplit, attrs, text(given));
    expect([...pieces!.strings]).toEqual(expected);
    expect(Number(counts!.data[0])).toBe(expected.length);
  });

  test("stringNormalizer", () => {
    const attrs = {
      caseChange: "upper",
      isCaseSensitive: false,
      stopwords: ["MONDAY"],
      locale: "en-US",
    } as const;
    expect(strings(ops.stringNormalizer, attrs, text("Monday", "tuesday"))).toEqual(["TUESDAY"]);
    expect(strings(ops.stringNormalizer, { ...attrs, isCaseSensitive: true }, text("Monday"))).toEqual([
      "MONDAY",
    ]);
    expect(strings(ops.stringNormalizer, attrs, text("monday"))).toEqual([""]);
    expect(() => run(ops.stringNormalizer, { ...attrs, locale: "!" }, text("a"))).toThrow(
      "expected a language tag",
    );
  });

  test("tfIdf of words and weights", () => {
    const attrs = {
      mode: "TFIDF",
      minGramLength: 1,
      maxGramLength: 2,
      maxSkipCount: 1,
      gramStarts: [0, 2],
      gramColumns: [0, 2, 1],
      pool: text("a", "b", "a", "b"),
      weights: [1, 10, 100],
    } as const;
    expect([...run(ops.tfIdf, attrs, text("a", "c", "b", "a", "b"))[0]!.data]).toEqual([2, 200, 20]);
    expect(() => run(ops.tfIdf, { ...attrs, gramStarts: [0, 3] }, text("a"))).toThrow("expected whole grams");
  });
});

describe("regular expressions", () => {
  const patterns = [
    "a*b+c?",
    "(a|bc)*d",
    "[a-c]{2,3}",
    "[^a]b\\d\\w\\S",
    "^a.b$",
    "(?:ab){0,2}c*",
    "\\bab\\b.*",
    "a+?b??",
    "[\\w.-]+@[ab]+\\.c",
    "|a|",
    "x(?i)ab",
  ];

  test.each(patterns)("%s matches as JavaScript's do", (pattern) => {
    const matches = fullMatcher(pattern);
    const flagged = pattern.replace("(?i)ab", "[aA][bB]");
    const own = new RegExp(`^(?:${flagged})$`, "u");
    const texts = fc.string({ unit: fc.constantFrom(..."aabbcd1x@. A"), maxLength: 8 });
    fc.assert(
      fc.property(texts, (given) => matches(given) === own.test(given)),
      { numRuns: 300 },
    );
  });

  test.each(["(", ")", "a{2,1}", "*a", "[b-a]", "[a", "\\", "\\q", "a{1001}", "(?<=a)b", "\\x{ffffffff}"])(
    "%s is refused",
    (pattern) => {
      expect(() => fullMatcher(pattern)).toThrow("expected RE2 syntax");
    },
  );

  test("patterns that drive other engines mad take linear time", () => {
    const start = performance.now();
    expect(fullMatcher("(a+)+b")("a".repeat(5_000))).toBe(false);
    expect(() => fullMatcher("(((){1000}){1000}){1000}")).toThrow("a pattern of over");
    expect(() => fullMatcher(`${"(".repeat(500)}a${")".repeat(500)}`)).toThrow("nested too deep");
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
