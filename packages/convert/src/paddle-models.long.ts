import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { Predictor, type Program, type Shape, Tensor } from "@coracle/core";
import { afterAll, describe, expect, test } from "vitest";
import { loadModel } from "./load-model.ts";
import { dataFolder, readArchives } from "./onnx-cases/archive.ts";
import { testBackends } from "./testing/backends.ts";

const maxRelativeError = 1e-4;

const folder = dataFolder();
const unpacked = mkdtempSync(path.join(tmpdir(), "paddle-models-"));
afterAll(() => rmSync(unpacked, { recursive: true, force: true }));

interface GoldenValue {
  readonly shape: readonly number[];
  readonly file: string;
}

interface Golden {
  readonly name: string;
  readonly inputs: Readonly<Record<string, GoldenValue>>;
  readonly outputs: Readonly<Record<string, GoldenValue>>;
}

const at = (...parts: readonly string[]): string => path.join(folder ?? "", ...parts);

function goldens(): readonly Golden[] {
  return folder === undefined ? [] : JSON.parse(readFileSync(at("golden", "manifest.json"), "utf8"));
}

function tensorOf({ shape, file }: GoldenValue): Tensor {
  const bytes = gunzipSync(readFileSync(at(file)));
  return Tensor.from("f32", shape, new Float32Array(new Uint8Array(bytes).buffer));
}

/** The largest distance, by the largest expected magnitude. */
function relativeError(actual: Tensor, expected: Tensor): number {
  let [error, magnitude] = [0, 0];
  expected.data.forEach((value: number | bigint, i: number) => {
    error = Math.max(error, Math.abs(Number(actual.data[i]) - Number(value)));
    magnitude = Math.max(magnitude, Math.abs(Number(value)));
  });
  return error / magnitude;
}

/** The program of separate parameter files, out of its archive. */
function unpack(archive: string): string {
  for (const [name, bytes] of readArchives([at(archive)])) {
    const file = path.join(unpacked, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  return unpacked;
}

const sources: Readonly<Record<string, () => string>> = {
  ppocr_cls_paddle: () => at("paddle/ppocr_mobile_v2.0_cls"),
  ch_ppocrv3_det_paddle: () => at("paddle/ch_ppocrv3_det"),
  en_rec_paddle: () => at("paddle/en_number_mobile_v2.0_rec/inference.pdmodel"),
  ppyolo_tiny_paddle: () => at("paddle/ppyolo_tiny_trash13"),
  blazeface_paddle: () => at("paddle/blazeface_fpn_ssh"),
  shufflenet_v2_paddle: () => unpack("paddle/shufflenet_v2_imagenet_fluid.tar.gz"),
};

/** With other outputs where some of these names are values inside. */
function withOutputs(program: Program, names: readonly string[]): Program {
  const made = program.nodes.flatMap((node) => node.outputs);
  const inside = names.flatMap((name) => made.filter((value) => value.name === name));
  return inside.length === names.length ? { ...program, outputs: inside } : program;
}

async function outputsOf(
  program: Program,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<readonly Tensor[]> {
  using predictor = await Predictor.create(program, { backends: await testBackends() });
  return Object.values(await predictor.run(feeds));
}

const known = goldens().filter(({ name }) => sources[name]);

describe.skipIf(folder === undefined)("Paddle models give what the framework gives", () => {
  test("the models are there", () => {
    expect(known.length).toBe(Object.keys(sources).length);
  });

  test.each(known.map((golden) => [golden.name, golden] as const))(
    "%s",
    async (name, { inputs, outputs }) => {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([input, value]) => [input, tensorOf(value)]),
      );
      const inputShapes: Record<string, Shape> = Object.fromEntries(
        Object.entries(feeds).map(([input, { shape }]) => [input, shape]),
      );
      const program = withOutputs(await loadModel(sources[name]!(), { inputShapes }), Object.keys(outputs));
      const others = program.inputs.filter(({ name: input }) => !feeds[input]);
      const ones = others.map(({ name: input }) => [input, Tensor.from("f32", [1, 2], [1, 1])] as const);
      const results = await outputsOf(program, { ...feeds, ...Object.fromEntries(ones) });
      Object.values(outputs).forEach((value, i) => {
        expect(results[i]!.shape).toEqual(value.shape);
        expect(relativeError(results[i]!, tensorOf(value))).toBeLessThan(maxRelativeError);
      });
    },
  );
});

describe.skipIf(folder === undefined)("detectors end in boxes", () => {
  test.each(["ppyolo_tiny_trash13", "blazeface_fpn_ssh"])("%s", async (name) => {
    const program = await loadModel(at("paddle", name), { inputShapes: { image: [1, 3, 320, 320] } });
    const feeds = Object.fromEntries(
      program.inputs.map(({ name: input, type }): [string, Tensor] => {
        const shape = type.shape.map((dim) => (typeof dim === "number" ? dim : 1));
        const count = shape.reduce((a, b) => a * b, 1);
        const size = count === 2 ? 320 : 1;
        const values = Array.from({ length: count }, (_, i) => (input === "image" ? Math.sin(i / 99) : size));
        return [input, Tensor.from(type.dtype, shape, values)];
      }),
    );
    const [rows, counts] = await outputsOf(program, feeds);
    expect(rows!.shape[1]).toBe(6);
    expect(Number(counts!.data[0])).toBe(rows!.shape[0]);
  });
});

describe.skipIf(folder === undefined)("Paddle Lite files", () => {
  const golden = (name: string): Golden => goldens().find((one) => one.name === name)!;

  test("the direction classifier gives what its Paddle form gives", async () => {
    const { inputs, outputs } = golden("ppocr_cls_paddle");
    const x = tensorOf(inputs["x"]!);
    const program = await loadModel(at("nb/ppocr_mobile_v2.0_cls.nb"), { inputShapes: { x: x.shape } });
    const [y] = await outputsOf(program, { x });
    expect(relativeError(y!, tensorOf(outputs["softmax"]!))).toBeLessThan(maxRelativeError);
  });

  test("the face detector gives what its Caffe form gives", async () => {
    const { inputs, outputs } = golden("ultraface_rfb320_caffe");
    const [scores] = await outputsOf(await loadModel(at("nb/facedetection.nb")), {
      _input: tensorOf(inputs["input"]!),
    });
    expect(relativeError(scores!, tensorOf(outputs["scores"]!))).toBeLessThan(maxRelativeError);
  });

  test("two generations of one file give the same", async () => {
    const name = "@HUB_pyramidbox_lite_mobile_mask@image";
    const inputShapes = { [name]: [1, 3, 128, 128] };
    const data = Float32Array.from({ length: 3 * 128 * 128 }, (_, i) => Math.sin(i));
    const feeds = { [name]: Tensor.from("f32", inputShapes[name]!, data) };
    const [older, newer] = await Promise.all(
      ["nb/mask_detector_old.nb", "nb/mask_detector_v2.10.nb"].map(async (file) =>
        outputsOf(await loadModel(at(file), { inputShapes }), feeds),
      ),
    );
    expect(older![0]!.shape).toEqual([1, 2]);
    expect(relativeError(older![0]!, newer![0]!)).toBeLessThan(1e-5);
  });

  test.each(["det", "rec"])("the 8-bit OCR %s runs", async (kind) => {
    const shape = kind === "det" ? [1, 3, 320, 320] : [1, 3, 32, 320];
    const program = await loadModel(at(`nb/ch_ppocr_mobile_v2.0_${kind}_slim.nb`), {
      inputShapes: { x: shape },
    });
    const count = shape.reduce((a, b) => a * b, 1);
    const x = Tensor.from(
      "f32",
      shape,
      Float32Array.from({ length: count }, (_, i) => Math.sin(i / 50)),
    );
    const [y] = await outputsOf(program, { x });
    const values = Array.from(y!.data, Number);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});
