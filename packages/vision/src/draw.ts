import { BackendUnavailableError } from "@coracle/core";
import type { Font } from "opentype.js";
import { loadSharp } from "./codec.ts";
import { createImage, type Image, type Point } from "./image.ts";

/** A closed outline with an optional label above its first point. Colours are CSS colours. */
export interface Shape {
  readonly points: readonly Point[];
  readonly color?: string;
  readonly lineWidth?: number;
  readonly label?: string;
}

export interface DrawOptions {
  /** Needed for labels; see `loadFont`. */
  readonly font?: Font;
  readonly fontSize?: number;
}

/** A TrueType or OpenType font. Throws BackendUnavailableError when the optional peer opentype.js is missing. */
export async function loadFont(path: string): Promise<Font> {
  try {
    const module = await import("opentype.js");
    const { load } = "default" in module ? (module.default as typeof module) : module;
    return await load(path);
  } catch (cause) {
    throw new BackendUnavailableError(
      `vision: the font "${path}" cannot be loaded (${(cause as Error).message}); expected a font file and the package "opentype.js" (npm install opentype.js).`,
      { cause },
    );
  }
}

/** A copy of the image with outlines and labels on it. */
export async function draw(
  image: Image,
  shapes: readonly Shape[],
  options: DrawOptions = {},
): Promise<Image> {
  const sharp = await loadSharp();
  const { width, height, channels, data } = image;
  const body = shapes.map((shape) => outline(shape) + label(shape, options)).join("");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`;
  const drawn = await sharp(data, { raw: { width, height, channels } })
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return createImage(image, 3, new Uint8Array(drawn.buffer, drawn.byteOffset, drawn.length));
}

/** The corners of an upright box, for `Shape.points`. */
export function boxPoints(box: { left: number; top: number; right: number; bottom: number }): Point[] {
  const { left, top, right, bottom } = box;
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}

const escapeXml = (text: string): string => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);

function outline({ points, color = "#e4002b", lineWidth = 2 }: Shape): string {
  const list = points.map(({ x, y }) => `${x},${y}`).join(" ");
  return `<polygon points="${list}" fill="none" stroke="${escapeXml(color)}" stroke-width="${lineWidth}"/>`;
}

function label(shape: Shape, { font, fontSize = 14 }: DrawOptions): string {
  const [first] = shape.points;
  if (!shape.label || !font || !first) return "";
  const width = font.getAdvanceWidth(shape.label, fontSize);
  const top = Math.max(0, first.y - fontSize * 1.25);
  const path = font.getPath(shape.label, first.x + 2, top + fontSize, fontSize).toPathData(2);
  const color = escapeXml(shape.color ?? "#e4002b");
  const background = `<rect x="${first.x}" y="${top}" width="${width + 4}" height="${fontSize * 1.25}" fill="${color}"/>`;
  return `${background}<path d="${path}" fill="#ffffff"/>`;
}
