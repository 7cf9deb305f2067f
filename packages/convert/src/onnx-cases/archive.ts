import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const blockBytes = 512;

function field(header: Uint8Array, offset: number, length: number): string {
  const bytes = header.subarray(offset, offset + length);
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}

function paxPath(text: string): string | undefined {
  return /\d+ path=([^\n]*)\n/.exec(text)?.[1];
}

/** The files of an unpacked tar archive (ustar, with GNU and pax long names) by path. */
export function readTar(bytes: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + blockBytes <= bytes.length; ) {
    const header = bytes.subarray(at, at + blockBytes);
    if (header[0] === 0) break;
    const size = Number.parseInt(field(header, 124, 12).trim() || "0", 8);
    const content = bytes.subarray(at + blockBytes, at + blockBytes + size);
    const type = String.fromCharCode(header[156]!);
    const prefix = field(header, 257, 5) === "ustar" && header[263] === 0x30 ? field(header, 345, 155) : "";
    if (type === "L") longName = field(content, 0, size);
    else if (type === "x") longName = paxPath(Buffer.from(content).toString("utf8"));
    else {
      const name = longName ?? (prefix ? `${prefix}/${field(header, 0, 100)}` : field(header, 0, 100));
      if (type === "0" || type === "\0") files.set(name, content);
      longName = undefined;
    }
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
  }
  return files;
}

/** The folder of shared test data: CORACLE_DATA, else `shared/data` beside the repository; undefined when absent. */
export function dataFolder(): string | undefined {
  const given = process.env["CORACLE_DATA"];
  const beside = fileURLToPath(new URL("../../../../../shared/data", import.meta.url));
  const folder = given ?? beside;
  return existsSync(folder) ? folder : undefined;
}

/** The archives of the standard cases in a data folder. */
export function caseArchives(folder: string): readonly string[] {
  const cases = path.join(folder, "onnx-backend-tests");
  if (!existsSync(cases)) return [];
  return readdirSync(cases)
    .filter((name) => name.endsWith(".tar.gz"))
    .map((name) => path.join(cases, name));
}

export function readArchives(archives: readonly string[]): Map<string, Uint8Array> {
  return new Map(archives.flatMap((file) => [...readTar(gunzipSync(readFileSync(file)))]));
}
