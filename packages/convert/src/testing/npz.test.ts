import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { readNpz } from "./npz.ts";

function npy(descr: string, shape: string, data: Uint8Array): Buffer {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }\n`;
  const lead = Buffer.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    header.length & 255,
    header.length >> 8,
  ]);
  return Buffer.concat([lead, Buffer.from(header), data]);
}

/** A zip of one file each stored and deflated. */
function zip(files: readonly (readonly [string, Buffer])[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  files.forEach(([name, content], i) => {
    const method = i % 2 === 0 ? 0 : 8;
    const data = method === 0 ? content : deflateRawSync(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    locals.push(local, Buffer.from(name), data);
    central.push(entry, Buffer.from(name));
    at += 30 + name.length + data.length;
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...central, end]);
}

test("stored and deflated arrays of i32 and f32", () => {
  const bytes = zip([
    ["inputs.npy", npy("<i4", "1, 2", new Uint8Array(new Int32Array([5, -6]).buffer))],
    ["outputs.npy", npy("<f4", "3,", new Uint8Array(new Float32Array([0.5, 1, 2]).buffer))],
  ]);
  const arrays = readNpz(bytes);
  expect(arrays.get("inputs")!.shape).toEqual([1, 2]);
  expect([...arrays.get("inputs")!.data]).toEqual([5, -6]);
  expect([...arrays.get("outputs")!.data]).toEqual([0.5, 1, 2]);
});
