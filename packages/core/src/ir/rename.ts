import { Names } from "./names.ts";
import { makeValue, type Node, type Program, type Value } from "./program.ts";

export interface Named {
  readonly sources: ReadonlySet<Value>;
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
  /** The name each output must have. */
  readonly outputNames: readonly string[];
  readonly states: Program["states"];
}

/** The block with unique names: sources and outputs keep theirs, others get a number where two agree. */
export function uniqueNames(block: Named): Pick<Program, "nodes" | "outputs" | "states"> {
  const values = new Names();
  const nodeNames = new Names();
  const renamed = new Map<Value, Value>();
  const sources = block.sources;
  for (const { name } of sources) values.reserve(name);
  block.outputs.forEach((output, i) => {
    if (sources.has(output) || renamed.has(output)) return;
    const name = block.outputNames[i]!;
    values.reserve(name);
    renamed.set(output, withName(output, name));
  });
  const rename = (value: Value): Value => {
    let now = renamed.get(value);
    if (!now) {
      now = sources.has(value) ? value : withName(value, values.claim(value.name));
      renamed.set(value, now);
    }
    return now;
  };
  const nodes = block.nodes.map((node) => {
    const inputs = renameAll(node.inputs, rename);
    const outputs = renameAll(node.outputs, rename);
    const name = nodeNames.claim(node.name);
    const isSame = inputs === node.inputs && outputs === node.outputs && name === node.name;
    return isSame ? node : { ...node, name, inputs, outputs };
  });
  return {
    nodes,
    outputs: block.outputs.map(rename),
    states: block.states.map(({ variable, next }) => ({ variable, next: rename(next) })),
  };
}

function withName(value: Value, name: string): Value {
  return value.name === name ? value : makeValue(name, value.type, value.data);
}

function renameAll(values: readonly Value[], rename: (value: Value) => Value): readonly Value[] {
  const now = values.map(rename);
  return now.every((value, i) => value === values[i]) ? values : now;
}
