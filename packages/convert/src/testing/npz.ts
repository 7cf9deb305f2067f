import { inflateRawSync } from "node:zlib";
import { Tensor } from "@coracle/core";

const endRecord = 0x06054b50;
const centralRecord = 0x02014b50;

function findEnd(zip: Buffer): number {
  for (let at = zip.length - 22; at >= 0; at--) if (zip.readUInt32LE(at) === endRecord) return at;
  throw new Error("no end of central directory");
}

/** The files of a zip archive (stored or deflated) by name. */
export function readZip(bytes: Uint8Array): Map<string, Buffer> {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(zip);
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < zip.readUInt16LE(end + 10); i++) {
    if (zip.readUInt32LE(at) !== centralRecord) throw new Error("bad central directory");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      zip.readUInt16LE(at + offset),
    );
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength!);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    files.set(name, zip.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data));
    at += 46 + nameLength! + extraLength! + commentLength!;
  }
  return files;
}

/** A .npy array of little-endian f32 or i32. */
function readNpy(bytes: Buffer): Tensor {
  const isNew = bytes[6]! >= 2;
  const headerBytes = isNew ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const start = (isNew ? 12 : 10) + headerBytes;
  const header = bytes.toString("latin1", isNew ? 12 : 10, start);
  const dtype = header.includes("'<f4'") ? "f32" : "i32";
  if (!/'<[fi]4'.*'fortran_order': False/.test(header)) throw new Error(`npy header ${header}`);
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  const data = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length);
  return Tensor.from(dtype, shape, dtype === "f32" ? new Float32Array(data) : new Int32Array(data));
}

/** The arrays of an .npz file by name. */
export function readNpz(bytes: Uint8Array): Map<string, Tensor> {
  return new Map([...readZip(bytes)].map(([name, data]) => [name.replace(/\.npy$/, ""), readNpy(data)]));
}
