import { DataError, ops, Tensor } from "@coracle/core";
import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";

/** Waves of all colours, so that subsampled planes differ from pixel to pixel. */
function picture(width: number, height: number, channels: 1 | 3 | 4): Buffer {
  const data = Buffer.alloc(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const [pixel, c] = [Math.floor(i / channels), i % channels];
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    data[i] = c === 3 ? 255 : 128 + 100 * Math.sin((x * (c + 1) + y * (3 - c)) / 3) + ((x * 7 + y * 13) % 23);
  }
  return data;
}

function source(width: number, height: number, channels: 1 | 3 | 4 = 3): Sharp {
  return sharp(picture(width, height, channels), { raw: { width, height, channels } });
}

function decode(file: Buffer, format: "rgb" | "bgr" | "grayscale" = "rgb"): Tensor {
  const bytes = Tensor.from("u8", [file.length], new Uint8Array(file));
  return ops.decodeImage.reference([bytes], { format })[0]!;
}

async function expectAsSharp(file: Buffer, most = 0): Promise<void> {
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const tensor = decode(file);
  expect(tensor.shape).toEqual([info.height, info.width, 3]);
  const ours = tensor.data as Uint8Array;
  let worst = 0;
  for (let i = 0; i < ours.length; i++)
    worst = Math.max(worst, Math.abs(ours[i]! - data[info.channels === 1 ? Math.floor(i / 3) : i]!));
  expect(worst).toBeLessThanOrEqual(most);
}

describe("decodeImage gives the pixels that libvips gives", () => {
  for (const [width, height] of [
    [32, 24],
    [37, 29],
    [1, 1],
    [3, 17],
    [16, 1],
  ] as const) {
    for (const chromaSubsampling of ["4:4:4", "4:2:0"]) {
      test(`JPEG ${width}x${height} ${chromaSubsampling}`, async () => {
        await expectAsSharp(await source(width, height).jpeg({ quality: 80, chromaSubsampling }).toBuffer());
      });
    }
  }

  test("JPEG with restart markers and tables of its own", async () => {
    await expectAsSharp(
      await source(40, 33).jpeg({ quality: 60, optimiseCoding: true, quantisationTable: 3 }).toBuffer(),
    );
  });

  test("grey JPEG and PNG", async () => {
    await expectAsSharp(await source(20, 11, 1).toColourspace("b-w").jpeg().toBuffer());
    await expectAsSharp(await source(20, 11, 1).toColourspace("b-w").png().toBuffer());
  });

  test("PNG of colours, with alpha, of a palette, of few bits", async () => {
    await expectAsSharp(await source(31, 17).png().toBuffer());
    await expectAsSharp(await source(31, 17, 4).png().toBuffer());
    await expectAsSharp(await source(31, 17).png({ palette: true }).toBuffer());
    await expectAsSharp(await source(31, 17).png({ palette: true, colours: 4 }).toBuffer());
  });

  test("TIFF", async () => {
    await expectAsSharp(await source(31, 17).tiff({ compression: "none" }).toBuffer());
  });
});

test("blue first, and grey", async () => {
  const file = await source(9, 7).png().toBuffer();
  const [rgb, bgr, grey] = (["rgb", "bgr", "grayscale"] as const).map((format) => decode(file, format));
  expect(Array.from(bgr!.data.slice(0, 3), Number)).toEqual(
    Array.from(rgb!.data.slice(0, 3), Number).reverse(),
  );
  expect(grey!.shape).toEqual([7, 9, 1]);
});

test("PNM in words and bytes, BMP from the top down", () => {
  const text = decode(Buffer.from("P3 # a comment\n2 1\n5\n5 0 1 2 3 4\n"));
  expect(Array.from(text.data, Number)).toEqual([255, 0, 51, 102, 153, 204]);
  const bytes = decode(Buffer.concat([Buffer.from("P5 2 1 255\n"), Buffer.from([7, 9])]));
  expect(Array.from(bytes.data, Number)).toEqual([7, 7, 7, 9, 9, 9]);
  const header = Buffer.alloc(54);
  header.write("BM", 0, "latin1");
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(1, 18);
  header.writeInt32LE(-2, 22);
  header.writeUInt16LE(24, 28);
  const bmp = decode(Buffer.concat([header, Buffer.from([3, 2, 1, 0, 6, 5, 4, 0])]));
  expect(Array.from(bmp.data, Number)).toEqual([1, 2, 3, 4, 5, 6]);
});

describe("a file that cannot be decoded is a DataError", () => {
  test("other formats are named", async () => {
    const file = await source(8, 8).webp().toBuffer();
    expect(() => decode(file)).toThrow(
      new DataError(
        "a WebP image; expected JPEG, PNG, BMP, PNM or TIFF. Decode it before and feed the pixels.",
      ),
    );
    expect(() => decode(Buffer.from("hello"))).toThrow(/5 bytes of no known image/);
  });

  test("progressive JPEG", async () => {
    const file = await source(8, 8).jpeg({ progressive: true }).toBuffer();
    expect(() => decode(file)).toThrow(/progressive/);
  });

  test("whatever is cut off or changed", async () => {
    const files = await Promise.all([
      source(16, 16).jpeg().toBuffer(),
      source(16, 16).png().toBuffer(),
      source(16, 16).tiff({ compression: "none" }).toBuffer(),
    ]);
    for (const file of files) {
      for (let i = 0; i < 200; i++) {
        const broken = Buffer.from(i % 2 ? file.subarray(0, (file.length * i) / 200) : file);
        if (i % 2 === 0) broken[(i * 7919) % broken.length]! ^= 1 << (i % 8);
        try {
          decode(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }
    }
  });
});
