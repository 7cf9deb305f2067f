import type { Prior } from "./boxes.ts";

export interface Grid {
  /** Cells. */
  readonly width: number;
  readonly height: number;
  /** Pixels of a cell. */
  readonly step: readonly [number, number];
}

/** The priors of each cell, row by row; `shapes` gives them around the point [0, 0]. */
export function gridPriors({ width, height, step }: Grid, shapes: readonly Prior[]): readonly Prior[] {
  const priors: Prior[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = [(column + 0.5) * step[0], (row + 0.5) * step[1]];
      for (const shape of shapes) priors.push({ ...shape, x: x + shape.x, y: y + shape.y });
    }
  }
  return priors;
}

export const centred = (width: number, height: number = width): Prior => ({ x: 0, y: 0, width, height });

/** Width and height of an area whose width is `ratio` times its height. */
export const ofRatio = (size: number, ratio: number): Prior =>
  centred(size * Math.sqrt(ratio), size / Math.sqrt(ratio));
