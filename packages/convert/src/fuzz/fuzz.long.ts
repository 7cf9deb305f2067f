import { expect, test } from "vitest";
import { dataFolder } from "../onnx-cases/archive.ts";
import { fuzz } from "./fuzz.ts";

test("truncated and mutated models give a CoracleError or a result", async (context) => {
  if (dataFolder() === undefined) {
    expect(process.env["CI"], "CI needs the data folder").toBeUndefined();
    return context.skip("no data folder: set CORACLE_DATA");
  }
  const { failures } = await fuzz({ mutations: 4000, firstSeed: 1 });
  expect(failures).toEqual([]);
});
