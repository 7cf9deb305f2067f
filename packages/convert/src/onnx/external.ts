import { closeSync, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import path from "node:path";
import { ConvertError, CoracleError } from "@coracle/core";
import type { TensorProto } from "./proto.ts";

/** Where tensors kept outside the model file are read from. */
export interface ExternalData {
  /** The tensor's bytes. Throws ConvertError. */
  read(proto: TensorProto, what: string): Uint8Array;
}

function entry(proto: TensorProto, key: string): string | undefined {
  return proto.externalData.find((item) => item.key === key)?.value;
}

function byteCount(proto: TensorProto, key: "offset" | "length", what: string): number | undefined {
  const text = entry(proto, key);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(number) && number >= 0) return number;
  throw new ConvertError(`onnx: ${what} has external ${key} "${text}"; expected a number of bytes.`);
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}

function locate(folder: string, location: string, what: string): string {
  const file = path.resolve(folder, location);
  if (location !== "" && !location.includes("\0") && isInside(folder, file)) {
    try {
      const real = realpathSync(file);
      if (isInside(realpathSync(folder), real)) return real;
    } catch (cause) {
      throw new ConvertError(
        `onnx: ${what} is kept in "${location}", which cannot be read. Put the file beside the model.`,
        { cause },
      );
    }
  }
  throw new ConvertError(
    `onnx: ${what} is kept in "${location}"; expected a file in the model's own folder.`,
  );
}

function readRange(file: string, offset: number, length: number | undefined, what: string): Uint8Array {
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    const bytes = length ?? size - offset;
    if (bytes < 0 || offset + bytes > size) {
      throw new ConvertError(
        `onnx: ${what} needs bytes ${offset} to ${offset + bytes} of "${path.basename(file)}"; expected at most ${size}.`,
      );
    }
    const out = new Uint8Array(bytes);
    let done = 0;
    while (done < bytes) {
      const step = readSync(handle, out, done, Math.min(bytes - done, 1 << 30), offset + done);
      if (step === 0) throw new ConvertError(`onnx: ${what} ended early in "${path.basename(file)}".`);
      done += step;
    }
    return out;
  } finally {
    closeSync(handle);
  }
}

/** Reads files inside `folder` only; without a folder every external tensor is refused. */
export function externalDataIn(folder: string | undefined): ExternalData {
  return {
    read(proto, what) {
      const location = entry(proto, "location") ?? "";
      if (folder === undefined) {
        throw new ConvertError(
          `onnx: ${what} is kept in the file "${location}", but the model was given as bytes. Load it by its path.`,
        );
      }
      const file = locate(folder, location, what);
      const offset = byteCount(proto, "offset", what) ?? 0;
      const length = byteCount(proto, "length", what);
      try {
        return readRange(file, offset, length, what);
      } catch (cause) {
        if (CoracleError.isInstance(cause)) throw cause;
        throw new ConvertError(`onnx: ${what} is kept in "${location}", which cannot be read.`, { cause });
      }
    },
  };
}
