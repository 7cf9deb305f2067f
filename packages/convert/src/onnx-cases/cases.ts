import { decodeModel } from "../onnx/proto.ts";

export type Group = "node" | "simple" | "light";

/** One standard case: a model with data sets of serialised inputs and expected outputs, in order. */
export interface Case {
  readonly group: Group;
  readonly name: string;
  readonly model: Uint8Array;
  readonly dataSets: readonly DataSet[];
}

export interface DataSet {
  /** Undefined: each input holds 0, 1/n, 2/n, ... */
  readonly inputs: readonly Uint8Array[] | undefined;
  readonly outputs: readonly Uint8Array[];
}

function inOrder(files: ReadonlyMap<string, Uint8Array>, prefix: string): Uint8Array[] {
  const list: Uint8Array[] = [];
  for (let i = 0; files.has(`${prefix}${i}.pb`); i++) list.push(files.get(`${prefix}${i}.pb`)!);
  return list;
}

function dataSets(files: ReadonlyMap<string, Uint8Array>, folder: string): DataSet[] {
  const sets: DataSet[] = [];
  for (let i = 0; ; i++) {
    const outputs = inOrder(files, `${folder}/test_data_set_${i}/output_`);
    if (outputs.length === 0) return sets;
    sets.push({ inputs: inOrder(files, `${folder}/test_data_set_${i}/input_`), outputs });
  }
}

/** The cases in an archive's files, by name. */
export function readCases(files: ReadonlyMap<string, Uint8Array>): Map<string, Case> {
  const cases = new Map<string, Case>();
  for (const [path, model] of files) {
    const standard = /^(node|simple)\/([^/]+)\/model\.onnx$/.exec(path);
    const light = /^light\/(light_[^/]+)\.onnx$/.exec(path);
    if (standard) {
      const [, group, name] = standard as unknown as [string, Group, string];
      cases.set(name, { group, name, model, dataSets: dataSets(files, `${group}/${name}`) });
    } else if (light) {
      const name = light[1]!;
      const outputs = inOrder(files, `light/${name}_output_`);
      cases.set(name, { group: "light", name, model, dataSets: [{ inputs: undefined, outputs }] });
    }
  }
  return cases;
}

const baseName = (name: string): string => name.replace(/_expanded.*$/, "");

/** The operator a case is about: that of the case it is an expansion of, else its first beside constants. */
export function operatorOf(item: Case, cases: ReadonlyMap<string, Case>): string {
  if (item.group === "light") return "(light models)";
  const base = cases.get(baseName(item.name)) ?? item;
  const nodes = decodeModel(base.model).graph?.node ?? [];
  const main = nodes.find(({ opType }) => opType !== "Constant") ?? nodes[0];
  if (!main) return "(none)";
  return main.domain === "" || main.domain === "ai.onnx" ? main.opType : `${main.domain}.${main.opType}`;
}
