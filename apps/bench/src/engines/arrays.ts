import { readFile, writeFile } from "node:fs/promises";
import type { ArrayFile, Arrays, NamedArray } from "./engine.ts";

/** Undefined for data of a dtype that models neither take nor give. */
export function namedArray(shape: readonly number[], data: unknown): NamedArray | undefined {
  if (data instanceof Float32Array) return { dtype: "f32", shape, data };
  return data instanceof BigInt64Array ? { dtype: "i64", shape, data } : undefined;
}

/** The arrays of these entries that `namedArray` knows. */
export function namedArrays(
  entries: readonly (readonly [string, { readonly shape: readonly number[]; readonly data: unknown }])[],
): Arrays {
  return Object.fromEntries(
    entries.flatMap(([name, { shape, data }]) => {
      const array = namedArray(shape, data);
      return array ? [[name, array]] : [];
    }),
  );
}

export async function readArrays(files: readonly ArrayFile[]): Promise<Arrays> {
  const entries = files.map(async ({ name, dtype, shape, path }): Promise<[string, NamedArray]> => {
    const { buffer } = new Uint8Array(await readFile(path));
    return [
      name,
      dtype === "f32"
        ? { dtype, shape, data: new Float32Array(buffer) }
        : { dtype, shape, data: new BigInt64Array(buffer) },
    ];
  });
  return Object.fromEntries(await Promise.all(entries));
}

export async function writeArrays(
  arrays: Arrays,
  pathOf: (index: number) => string,
): Promise<readonly ArrayFile[]> {
  const entries = Object.entries(arrays).map(async ([name, { dtype, shape, data }], index) => {
    const path = pathOf(index);
    await writeFile(path, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { name, dtype, shape, path };
  });
  return Promise.all(entries);
}
