import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadModel } from "@coracle/convert";
import { CoracleError, Predictor } from "@coracle/core";
import {
  boxPoints,
  type Detection,
  decodeImage,
  draw,
  encodePng,
  type Image,
  loadFont,
  nms,
  resize,
  toTensor,
} from "@coracle/vision";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Faces in pixels of the image, by UltraFace RFB-320 (scores [1,4420,2], boxes [1,4420,4] as fractions). */
async function detectFaces(predictor: Predictor, image: Image): Promise<Detection[]> {
  const feed = toTensor(resize(image, { width: 320, height: 240 }), {
    mean: [127, 127, 127],
    std: [128, 128, 128],
  });
  const outputs = await predictor.run({ [predictor.inputs[0]!.name]: feed });
  const scores = outputs["scores"]!.data as Float32Array;
  const boxes = outputs["boxes"]!.data as Float32Array;
  const candidates = Array.from({ length: scores.length / 2 }, (_, i) => ({
    left: boxes[i * 4]! * image.width,
    top: boxes[i * 4 + 1]! * image.height,
    right: boxes[i * 4 + 2]! * image.width,
    bottom: boxes[i * 4 + 3]! * image.height,
    score: scores[i * 2 + 1]!,
    label: 1,
  }));
  return nms(candidates, { scoreThreshold: 0.7, iouThreshold: 0.3 });
}

async function main(): Promise<void> {
  const photo = process.argv[2] ?? join(root, "assets", "astronaut.jpg");
  const output = process.argv[3] ?? join(root, "out", `${basename(photo, extname(photo))}.png`);
  const image = await decodeImage(photo);
  using predictor = await Predictor.create(await loadModel(join(root, "assets", "ultraface_rfb320.onnx")));
  await detectFaces(predictor, image);
  const started = performance.now();
  const faces = await detectFaces(predictor, image);
  console.log(`${faces.length} faces in ${(performance.now() - started).toFixed(1)} ms`);
  for (const { left, top, right, bottom, score } of faces) {
    console.log(
      `  ${(score * 100).toFixed(1)} %  x ${left.toFixed(0)}-${right.toFixed(0)}, y ${top.toFixed(0)}-${bottom.toFixed(0)}`,
    );
  }
  const fonts = dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json"));
  const font = await loadFont(join(fonts, "ttf", "DejaVuSans.ttf"));
  const shapes = faces.map((face) => ({
    points: boxPoints(face),
    label: `${(face.score * 100).toFixed(0)}%`,
  }));
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, await encodePng(await draw(image, shapes, { font })));
  console.log(`annotated picture: ${output}`);
}

main().catch((error: unknown) => {
  console.error(CoracleError.isInstance(error) ? error.message : error);
  process.exitCode = 1;
});
