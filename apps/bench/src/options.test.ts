import { expect, test } from "vitest";
import { type Known, parseOptions, type RawOptions } from "./options.ts";

const known: Known = { models: ["a", "b"], backends: ["x86"], peers: ["onnxruntime", "mnn"] };
const raw: RawOptions = {
  ...{ suites: "models", models: "all", backends: "x86", threads: "1,2", against: "all" },
  ...{ rounds: "8", roundMs: "500", coldStarts: "3", format: "table" },
};

test("names are chosen from lists, all and none", () => {
  expect(parseOptions({ ...raw, against: "none", models: "b,b, a" }, known)).toMatchObject({
    ...{ models: ["b", "a"], peers: [], threads: [1, 2], rounds: 8, format: "table" },
  });
  expect(parseOptions({ ...raw, suites: "all" }, known).suites).toEqual(["models", "kernels", "ffi"]);
});

test.each([
  [{ models: "c" }, 'bench: --models has "c"; expected a, b, all.'],
  [{ against: "tvm" }, 'bench: --against has "tvm"; expected onnxruntime, mnn, all.'],
  [{ threads: "1,0" }, 'bench: --threads has "0"; expected an integer of at least 1.'],
  [{ rounds: "many" }, 'bench: --rounds has "many"; expected an integer of at least 1.'],
  [{ format: "pdf" }, 'bench: --format has "pdf"; expected table, json, html.'],
])("%j is refused with what is expected", (given, message) => {
  expect(() => parseOptions({ ...raw, ...given }, known)).toThrow(message);
});
