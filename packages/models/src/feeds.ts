import { DataError, isStatic, numElements, type Program, Tensor } from "@coracle/core";
import { seededRandom } from "./random.ts";

/**
 * Seeded inputs: floats uniform in [-1, 1), 64-bit integers in [0, 1000). Throws DataError for an input with a
 * symbolic dimension or of another dtype.
 */
export function randomFeeds(program: Program, seed = 1): Record<string, Tensor> {
  const random = seededRandom(seed);
  return Object.fromEntries(
    program.inputs.map(({ name, type: { dtype, shape } }) => {
      if (!isStatic(shape)) throw new DataError(`feed "${name}": shape [${shape}]; expected only numbers.`);
      const length = numElements(shape);
      if (dtype === "f32") {
        const floats = Float32Array.from({ length }, () => random() * 2 - 1);
        return [name, Tensor.from(dtype, shape, floats)];
      }
      if (dtype !== "i64") throw new DataError(`feed "${name}": dtype ${dtype}; expected f32 or i64.`);
      const ids = BigInt64Array.from({ length }, () => BigInt(Math.floor(random() * 1000)));
      return [name, Tensor.from(dtype, shape, ids)];
    }),
  );
}
