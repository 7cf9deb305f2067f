import { Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { readTar } from "./archive.ts";
import { difference } from "./compare.ts";
import { formatReport, summarize } from "./report.ts";

function tarEntry(name: string, content: string, type = "0"): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, "0"), 124);
  header.write(type, 156);
  header.write("ustar", 257);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}

test("tar archives, with long names", () => {
  const long = `${"folder/".repeat(20)}file`;
  const bytes = Buffer.concat([
    tarEntry("a/b.txt", "hello"),
    tarEntry("link", `${long}\0`, "L"),
    tarEntry("short", "x".repeat(600)),
    Buffer.alloc(1024),
  ]);
  const files = readTar(bytes);
  expect([...files.keys()]).toEqual(["a/b.txt", long]);
  expect(Buffer.from(files.get("a/b.txt")!).toString()).toBe("hello");
  expect(files.get(long)!.length).toBe(600);
});

describe("difference", () => {
  const tensor = (data: readonly number[]): Tensor => Tensor.from("f32", [data.length], data);

  test.each([
    ["within tolerance", tensor([1, 1000]), tensor([1.0005, 1000.5]), undefined],
    [
      "infinities and NaN agree with themselves",
      tensor([Number.POSITIVE_INFINITY, Number.NaN]),
      tensor([Number.POSITIVE_INFINITY, Number.NaN]),
      undefined,
    ],
    ["too far", tensor([1]), tensor([1.5]), "element 0 is 1; expected 1.5"],
    ["NaN for a number", tensor([Number.NaN]), tensor([1]), "element 0 is NaN; expected 1"],
    ["another shape", tensor([1]), tensor([1, 2]), "shape [1]; expected [2]"],
    ["another dtype", Tensor.from("i32", [1], [1]), tensor([1]), "dtype i32; expected f32"],
  ])("%s", (_, actual, expected, text) => {
    expect(difference(actual, expected)).toBe(text);
  });
});

test("the report counts by group and operator and names what fails", () => {
  const result = { group: "node", operator: "Abs", ms: 1 } as const;
  const results = [
    { ...result, name: "a", reason: undefined },
    { ...result, name: "b", reason: "one | two" },
  ];
  expect(summarize(results, "reference")).toEqual({
    backend: "reference",
    passed: 1,
    total: 2,
    groups: { node: { passed: 1, total: 2 } },
  });
  const report = formatReport(results, "reference");
  expect(report).toContain("| Abs | 1 | 2 |");
  expect(report).toContain("| b | one \\| two |");
  expect(report).not.toContain("| a |");
});
