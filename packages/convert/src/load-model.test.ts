import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ConvertError, Tensor } from "@coracle/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "./load-model.ts";
import { encodeModel } from "./onnx/proto.ts";
import { graphMessage, modelBytes, node } from "./testing/model.ts";

const relu = { nodes: [node("Relu", ["x"], ["y"])], inputs: { x: ["f32", [2]] as const }, outputs: ["y"] };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "load-model-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, bytes: Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

async function failure(source: string | Uint8Array): Promise<Error> {
  const error = await loadModel(source).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConvertError);
  return error as Error;
}

describe("sources", () => {
  test("a path, a file URL and bytes give the same program", async () => {
    const bytes = modelBytes(relu);
    const file = write("relu.onnx", bytes);
    for (const source of [file, pathToFileURL(file), bytes]) {
      const program = await loadModel(source);
      expect(program.nodes.map(({ op }) => op.name)).toEqual(["relu"]);
    }
  });

  test("a file that is not there keeps its cause", async () => {
    const error = await failure(path.join(folder, "none.onnx"));
    expect(error.message).toContain("cannot be read (ENOENT)");
    expect((error.cause as NodeJS.ErrnoException).code).toBe("ENOENT");
  });
});

describe("large weights", () => {
  /** The padding moves the data to each of the four places by four. */
  const weights = (padding: string): Uint8Array =>
    modelBytes({
      nodes: [node("Add", ["x", `w${padding}`], ["y"]), node("Mul", ["y", `v${padding}`], ["z"])],
      inputs: { x: ["f32", [1]] as const },
      outputs: ["z"],
      initializers: Object.fromEntries(
        ["w", "v"].map((name, at) => [
          `${name}${padding}`,
          Tensor.from(
            "f32",
            [20_000],
            Float32Array.from({ length: 20_000 }, (_, i) => i + at / 2),
          ),
        ]),
      ),
    });

  test.each(["", "_", "__", "___"])(
    "lie in the file's memory, wherever it has them (%j)",
    async (padding) => {
      const bytes = weights(padding);
      const [add, mul] = (await loadModel(write(`weights${padding}.onnx`, bytes))).nodes;
      const [w, v] = [add!.inputs[1]!.data!.data, mul!.inputs[1]!.data!.data];
      expect(w.buffer).toBe(v.buffer);
      expect([w[0], w[19_999], v[0], v[19_999]]).toEqual([0, 19_999, 0.5, 19_999.5]);
    },
  );

  test("bytes of the caller's own are left as they are", async () => {
    const bytes = weights("_");
    const before = bytes.slice();
    await loadModel(bytes);
    expect(Buffer.compare(bytes, before)).toBe(0);
  });
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test.each([
  ["an empty file", new Uint8Array()],
  ["a TFLite model", text("\x1c\0\0\0TFL3....")],
  ["an HDF5 file", Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a)],
  ["a zip archive", text("PK\x03\x04....")],
  ["a git-lfs pointer", text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")],
  ["an HTML", text("\n<!DOCTYPE html><html></html>")],
  ["a gzip file", Uint8Array.of(0x1f, 0x8b, 8, 0)],
  ["a Python pickle", Uint8Array.of(0x80, 2, 0x7d)],
])("%s is named", async (name, bytes) => {
  expect((await failure(bytes)).message).toContain(`looks like ${name}`);
});

function withExternal(location: string, more: readonly { key: string; value: string }[] = []): Uint8Array {
  const graph = graphMessage({ ...relu, nodes: [node("Add", ["x", "w"], ["y"])] });
  const externalData = [{ key: "location", value: location }, ...more];
  const initializer = [{ name: "w", dims: [2], dataType: 1, dataLocation: 1, externalData }];
  return encodeModel({ irVersion: 8, opsetImport: [{ version: 13 }], graph: { ...graph, initializer } });
}

describe("external data", () => {
  test("is read from the model's folder by offset and length", async () => {
    write("w.bin", new Uint8Array(new Float32Array([9, 1, 2, 9]).buffer));
    const range = [
      { key: "offset", value: "4" },
      { key: "length", value: "8" },
    ];
    const program = await loadModel(write("external.onnx", withExternal("w.bin", range)));
    const constant = program.nodes[0]!.inputs[1]!.data!;
    expect(constant).toEqual(Tensor.from("f32", [2], [1, 2]));
  });

  test.each(["../w.bin", "/etc/hostname", "sub/../../w.bin", "", "a\0b"])("refuses %j", async (location) => {
    const error = await failure(write("escape.onnx", withExternal(location)));
    expect(error.message).toContain("expected a file in the model's own folder");
  });

  test("refuses a link that leads outside", async () => {
    symlinkSync("/etc/hostname", path.join(folder, "link.bin"));
    const error = await failure(write("link.onnx", withExternal("link.bin")));
    expect(error.message).toContain("expected a file in the model's own folder");
  });

  test("refuses a folder", async () => {
    mkdirSync(path.join(folder, "weights"));
    const error = await failure(write("folder.onnx", withExternal("weights")));
    expect(error.message).toMatch(/cannot be read|needs bytes|holds \d+ bytes/);
  });

  test("refuses a range past the end", async () => {
    write("short.bin", new Uint8Array(8));
    const error = await failure(
      write("range.onnx", withExternal("short.bin", [{ key: "offset", value: "4" }])),
    );
    expect(error.message).toContain("holds 4 bytes; expected 8");
    const far = [{ key: "length", value: "999999999999" }];
    expect((await failure(write("far.onnx", withExternal("short.bin", far)))).message).toContain(
      "expected at most 8",
    );
  });
});
