const decoder = new TextDecoder();

/** What bytes look like, for people; undefined for what may be an ONNX model. */
export function otherFormat(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "an empty file";
  const head = decoder.decode(bytes.subarray(0, 512));
  const text = head.trimStart().toLowerCase();
  if (head.slice(4, 8) === "TFL3") return "a TFLite model";
  if (head.startsWith("\x89HDF")) return "an HDF5 file (Keras)";
  if (bytes[0] === 0x89 && head.slice(1, 4) === "HDF") return "an HDF5 file (Keras)";
  if (head.startsWith("PK\x03\x04")) return "a zip archive (a PyTorch or Keras file, or a packed download)";
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "a gzip file";
  if (head.startsWith("version https://git-lfs")) return "a git-lfs pointer, not the file itself";
  if (/^(<!doctype|<html|<\?xml)/.test(text)) return "an HTML or XML page, not the file itself";
  if (bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5) return "a Python pickle (PyTorch)";
  if (head.startsWith("ORTM") || head.slice(4, 8) === "ORTM") return "an ORT model";
  if (text.startsWith("{")) return "a JSON file";
  if (/^(name|layer|input)\s*[:{]/.test(text)) return "a Caffe network description";
  if (head.includes("feed") && head.includes("fetch")) return "a Paddle program";
  return undefined;
}
