import { expect, test } from "vitest";
import * as ops from "./index.ts";
import { f32, run, typeOf, vector } from "./testing/run.ts";

const a = f32([2, 2], [1, 2, 3, 4]);
const b = f32([2, 2], [5, 6, 7, 8]);

test("products, transposes, diagonals, traces, outer products", () => {
  const of = (equation: string, ...inputs: Parameters<typeof run>[2][number][]) =>
    run(ops.einsum, { equation }, inputs);
  expect(of("ij,jk->ik", a, b).values).toEqual([19, 22, 43, 50]);
  expect(of("ij,jk", a, b).values).toEqual([19, 22, 43, 50]);
  expect(of("ba", a).values).toEqual([1, 3, 2, 4]);
  expect(of("ii->i", a)).toEqual({ shape: [2], values: [1, 4] });
  expect(of("ii", a)).toEqual({ shape: [], values: [5] });
  expect(of("i,j->ij", vector(1, 2), vector(3, 4)).values).toEqual([3, 4, 6, 8]);
  expect(of("...i->...", a)).toEqual({ shape: [2], values: [3, 7] });
  expect(of("...i,...i", a, vector(1, 10)).values).toEqual([21, 43]);
});

test("symbols pass through", () => {
  const types = [
    { dtype: "f32", shape: ["n", 3] },
    { dtype: "f32", shape: [3, "m"] },
  ] as const;
  expect(typeOf(ops.einsum, { equation: "ij,jk->ik" }, types).shape).toEqual(["n", "m"]);
});

test("malformed equations and shapes that do not fit are refused", () => {
  const refuse = (equation: string) =>
    expect(() => typeOf(ops.einsum, { equation }, [a.type, { dtype: "f32", shape: [3, 2] }]));
  refuse("ij,jk->ik").toThrow('label "j" is 2 and 3; expected equal sizes in "ij,jk->ik".');
  refuse("ij->ij").toThrow("2 inputs; expected 1");
  refuse("ij,kl->iz").toThrow("expected each output label once and in an input.");
  refuse("i1,jk->ik").toThrow("expected letters");
  refuse("ij,j->i").toThrow('shape [3,2]; expected 1 dimensions for "j"');
});
