import { DataError, type DType, dataConstructor, dtypeBytes, Tensor } from "@coracle/core";

const dtypeOf: Readonly<Record<string, DType>> = {
  "<f4": "f32",
  "<f8": "f64",
  "<f2": "f16",
  "|i1": "i8",
  "|u1": "u8",
  "<i2": "i16",
  "<u2": "u16",
  "<i4": "i32",
  "<u4": "u32",
  "<i8": "i64",
  "<u8": "u64",
  "|b1": "bool",
};

/** NumPy's .npy format, versions 1 to 3, little-endian, C order (NEP 1). Throws DataError. */
export function readNpy(bytes: Uint8Array, name = "npy"): Tensor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(1, 6)) !== "NUMPY") {
    throw new DataError(`npy "${name}": no NumPy header; expected a .npy file.`);
  }
  const isLong = bytes[6]! >= 2;
  const headerStart = isLong ? 12 : 10;
  const dataStart = headerStart + (isLong ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(headerStart, dataStart));
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? "none";
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const dtype = dtypeOf[descr];
  if (!dtype || shapeText === undefined || /'fortran_order':\s*True/.test(header)) {
    throw new DataError(
      `npy "${name}": header ${header.trim()}; expected a C-order array of ${Object.keys(dtypeOf).join(" ")}.`,
    );
  }
  const shape = shapeText
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(Number);
  const numElements = shape.reduce((a, b) => a * b, 1);
  const data = bytes.slice(dataStart, dataStart + numElements * dtypeBytes(dtype));
  if (data.length !== numElements * dtypeBytes(dtype)) {
    throw new DataError(
      `npy "${name}": ${data.length} data bytes; expected ${numElements * dtypeBytes(dtype)}.`,
    );
  }
  return Tensor.from(dtype, shape, new (dataConstructor(dtype))(data.buffer, 0, numElements));
}

/** Version 1.0 of the format. bf16 has no NumPy name and is refused with DataError. */
export function writeNpy(tensor: Tensor): Uint8Array {
  const descr = Object.keys(dtypeOf).find((key) => dtypeOf[key] === tensor.dtype);
  if (!descr) throw new DataError(`npy: dtype ${tensor.dtype}; expected one NumPy has. Cast it first.`);
  const shape = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const padded = `${text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11)}\n`;
  const { buffer, byteOffset, byteLength } = tensor.data;
  const out = new Uint8Array(10 + padded.length + byteLength);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 0xff, padded.length >> 8]);
  out.set(new TextEncoder().encode(padded), 10);
  out.set(new Uint8Array(buffer, byteOffset, byteLength), 10 + padded.length);
  return out;
}
