import { mkdir, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CoracleError } from "@coracle/core";
import { bandOutline, decodeImage, draw, encodePng, type Image, loadFont, resize } from "@coracle/vision";
import { OcrReader, type Reading } from "./reader.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Relative to the folder npm was started in. */
function pathArgument(index: number): string | undefined {
  const argument = process.argv[index];
  return argument === undefined ? undefined : resolve(process.env["INIT_CWD"] ?? "", argument);
}

async function annotate(image: Image, reading: Reading, path: string): Promise<void> {
  const fonts = dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json"));
  const font = await loadFont(join(fonts, "ttf", "DejaVuSans.ttf"));
  const scale = Math.max(1, Math.round(1200 / image.width));
  const canvas = resize(image, { width: image.width * scale, height: image.height * scale });
  const shapes = reading.lines.map(({ centreLine, height, confidence }, i) => ({
    points: bandOutline(centreLine, height).map(({ x, y }) => ({ x: x * scale, y: y * scale })),
    label: `${i + 1} ${(confidence * 100).toFixed(0)}%`,
  }));
  await mkdir(dirname(path), { recursive: true });
  const drawn = await draw(canvas, shapes, { font, fontSize: Math.max(12, Math.round(canvas.height / 48)) });
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
  const photo = pathArgument(2) ?? join(root, "assets", "page.png");
  const output = pathArgument(3) ?? join(root, "out", `${basename(photo, extname(photo))}.png`);
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
