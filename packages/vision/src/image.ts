/**
 * Pictures in memory and what networks need around them: turns files into tensors and outputs into boxes and text.
 * It knows no backend; tensors are core's.
 */
import { DataError } from "@coracle/core";

/** Rows of interleaved 8-bit samples: data[(y * width + x) * channels + c]; 3 channels are red, green, blue. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Throws DataError unless the sizes are positive integers and the data has width * height * channels samples. */
export function createImage(size: Size, channels: 1 | 3 | 4, data?: Uint8Array): Image {
  const { width, height } = size;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new DataError(`image: size ${width}x${height}; expected positive integers.`);
  }
  const expected = width * height * channels;
  if (data && data.length !== expected) {
    throw new DataError(
      `image: ${data.length} samples; expected ${expected} for ${width}x${height}x${channels}.`,
    );
  }
  return { width, height, channels, data: data ?? new Uint8Array(expected) };
}
