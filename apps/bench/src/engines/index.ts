import { UsageError } from "../errors.ts";
import { type CoracleEngine, coracle } from "./coracle.ts";
import type { Engine } from "./engine.ts";
import { onnxruntime } from "./onnxruntime.ts";
import { pythonEngine, pythonEngines } from "./python.ts";

export const peerNames: readonly string[] = ["onnxruntime", ...pythonEngines];

/** Throws UsageError for a name that is not known, and PeerError where the peer is not installed. */
export async function peerByName(name: string): Promise<Engine> {
  if (name === "onnxruntime") return onnxruntime();
  if (pythonEngines.includes(name)) return pythonEngine(name);
  throw new UsageError("against", name, peerNames);
}

/** The first is the one that all others are compared with. */
export function ownEngines(backends: readonly string[]): CoracleEngine[] {
  return backends.map((backend, i) => coracle(backend, i === 0 ? "coracle" : `coracle ${backend}`));
}
