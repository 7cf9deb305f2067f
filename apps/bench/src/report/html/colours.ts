import { type ModelRow, ownEngine } from "../report.ts";

const palette: Readonly<Record<string, string>> = {
  onnxruntime: "#7c8794",
  openvino: "#a8b2bd",
  ncnn: "#bfa58a",
  mnn: "#8fae9b",
};
const others = ["#b59ac0", "#c9b458"];

/** One colour an engine, ours the only strong one. */
export function colours(rows: readonly ModelRow[]): ReadonlyMap<string, string> {
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  let next = 0;
  return new Map(
    engines.map((engine) => {
      if (engine === ownEngine) return [engine, "#0b6bcb"];
      if (engine.startsWith(ownEngine)) return [engine, "#6aa9e6"];
      return [engine, palette[engine] ?? others[next++ % others.length]!];
    }),
  );
}
