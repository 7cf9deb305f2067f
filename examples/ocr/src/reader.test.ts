import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeImage, rotate } from "@coracle/vision";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OcrReader } from "./reader.ts";

const page = join(dirname(fileURLToPath(import.meta.url)), "..", "assets", "page.png");
let reader: OcrReader;

beforeAll(async () => {
  reader = await OcrReader.create();
});

afterAll(() => reader.dispose());

/** What the network reads; where it leaves a blank out, so does this list. */
const words = [
  "Region-based segmentation",
  "Let us first determine markers of the coins and the",
  "background.These markers are pixels that we can label",
  "unambiguously as either object or background.Here，",
  "themarkersarefound atthetwoextremepartsof the",
  "histogram ofgrey values:",
  "markers",
  "np.zeroslike（coins)",
];

test("the page is read word for word", async () => {
  const { lines } = await reader.read(await decodeImage(page));
  expect(lines.map(({ text }) => text)).toEqual(words);
  for (const { confidence, isUpsideDown } of lines) {
    expect(confidence).toBeGreaterThan(0.85);
    expect(isUpsideDown).toBe(false);
  }
});

test("upside down, the lines are turned before they are read", async () => {
  const { lines } = await reader.read(rotate(await decodeImage(page), 180));
  const letters = (text: string): string => text.replaceAll(" ", "");
  expect(lines.map(({ text }) => letters(text))).toContain(letters("histogram of grey values:"));
  for (const { isUpsideDown } of lines) expect(isUpsideDown).toBe(true);
});
