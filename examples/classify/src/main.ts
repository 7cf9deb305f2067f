import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadModel } from "@coracle/convert";
import { CoracleError, Predictor } from "@coracle/core";
import { crop, decodeImage, type Image, imagenet, resize, softmax, topK, toTensor } from "@coracle/vision";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The shorter side to 256 pixels, then the middle 224 x 224. */
function centreCrop(image: Image): Image {
  const scale = 256 / Math.min(image.width, image.height);
  const size = { width: Math.round(image.width * scale), height: Math.round(image.height * scale) };
  const x = Math.floor((size.width - 224) / 2);
  const y = Math.floor((size.height - 224) / 2);
  return crop(resize(image, size), { x, y, width: 224, height: 224 });
}

async function main(): Promise<void> {
  const photo = process.argv[2] ?? join(root, "assets", "cat.jpg");
  const classes = (await readFile(join(root, "assets", "imagenet-classes.txt"), "utf8")).trim().split("\n");
  using predictor = await Predictor.create(
    await loadModel(join(root, "assets", "shufflenet-v2-12-int8.onnx")),
  );
  const feed = toTensor(centreCrop(await decodeImage(photo)), imagenet);
  const started = performance.now();
  const outputs = await predictor.run({ [predictor.inputs[0]!.name]: feed });
  console.log(`${photo}: ${(performance.now() - started).toFixed(1)} ms`);
  for (const { index, score } of topK(softmax(Object.values(outputs)[0]!.data as Float32Array), 5)) {
    console.log(`  ${(score * 100).toFixed(1).padStart(5)} %  ${classes[index]}`);
  }
}

main().catch((error: unknown) => {
  console.error(CoracleError.isInstance(error) ? error.message : error);
  process.exitCode = 1;
});
