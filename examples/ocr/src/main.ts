import { mkdir, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CoracleError } from "@coracle/core";
import { decodeImage, draw, encodePng, type Image, loadFont } from "@coracle/vision";
import { OcrReader, type Reading } from "./reader.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

async function annotate(image: Image, reading: Reading, path: string): Promise<void> {
  const fonts = dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json"));
  const font = await loadFont(join(fonts, "ttf", "DejaVuSans.ttf"));
  const shapes = reading.lines.map(({ quad, confidence }, i) => ({
    points: quad,
    label: `${i + 1} ${(confidence * 100).toFixed(0)}%`,
  }));
  await mkdir(dirname(path), { recursive: true });
  const drawn = await draw(image, shapes, { font, fontSize: Math.max(8, Math.round(image.height / 32)) });
  await writeFile(`${path}.partial`, await encodePng(drawn));
  await rename(`${path}.partial`, path);
}

function print(reading: Reading): void {
  const width = String(reading.lines.length).length;
  reading.lines.forEach(({ text, confidence, isUpsideDown }, i) => {
    const turned = isUpsideDown ? "  (upside down)" : "";
    console.log(
      `${String(i + 1).padStart(width)}  ${(confidence * 100).toFixed(1).padStart(5)} %  ${text}${turned}`,
    );
  });
  const stages = Object.entries(reading.milliseconds).map(([stage, ms]) => `${stage} ${ms.toFixed(1)} ms`);
  console.log(`\n${reading.lines.length} lines; ${stages.join(", ")}`);
}

async function main(): Promise<void> {
  const photo = process.argv[2] ?? join(root, "assets", "page.png");
  const output = process.argv[3] ?? join(root, "out", `${basename(photo, extname(photo))}.png`);
  const image = await decodeImage(photo);
  const started = performance.now();
  using reader = await OcrReader.create();
  console.log(`networks loaded in ${(performance.now() - started).toFixed(0)} ms`);
  await reader.read(image);
  const reading = await reader.read(image);
  console.log(`${photo} (${image.width}x${image.height})\n`);
  print(reading);
  await annotate(image, reading, output);
  console.log(`annotated picture: ${output}`);
}

main().catch((error: unknown) => {
  console.error(CoracleError.isInstance(error) ? error.message : error);
  process.exitCode = 1;
});
