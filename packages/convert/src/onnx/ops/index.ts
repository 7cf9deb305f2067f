/**
 * Which function reads which source operator: one table per domain, filled from the families' exports by name.
 * Families know the context and the op catalogue, not each other's nodes.
 */
import type { Convert } from "../context.ts";
import * as activation from "./activation.ts";
import * as affineGrid from "./affine-grid.ts";
import * as attention from "./attention.ts";
import * as control from "./control.ts";
import * as gradient from "./gradient.ts";
import * as linearAttention from "./linear-attention.ts";
import * as loss from "./loss.ts";
import * as math from "./math.ts";
import * as microsoft from "./microsoft.ts";
import * as microsoftAttention from "./microsoft-attention.ts";
import * as microsoftBlocks from "./microsoft-blocks.ts";
import * as microsoftCache from "./microsoft-cache.ts";
import * as microsoftInteger from "./microsoft-integer.ts";
import * as microsoftMovement from "./microsoft-movement.ts";
import * as microsoftNorm from "./microsoft-norm.ts";
import * as microsoftQuant from "./microsoft-quant.ts";
import * as ml from "./ml.ts";
import * as mlLabels from "./ml-labels.ts";
import * as mlTrees from "./ml-trees.ts";
import * as movement from "./movement.ts";
import * as nn from "./nn.ts";
import * as normalize from "./normalize.ts";
import * as quant from "./quant.ts";
import * as random from "./random.ts";
import * as recurrent from "./recurrent.ts";
import * as reduce from "./reduce.ts";
import * as resize from "./resize.ts";
import * as sequence from "./sequence.ts";
import * as shape from "./shape.ts";
import * as signal from "./signal.ts";
import * as strings from "./strings.ts";
import * as training from "./training.ts";

type Table = ReadonlyMap<string, Convert>;

/** Source operators start with a capital; helpers that a family shares do not. */
function tableOf(...families: readonly object[]): Table {
  const table = new Map<string, Convert>();
  for (const family of families) {
    for (const [name, value] of Object.entries(family)) {
      if (typeof value === "function" && /^[A-Z]/.test(name)) table.set(name, value as Convert);
    }
  }
  return table;
}

const domains: ReadonlyMap<string, Table> = new Map([
  [
    "",
    tableOf(
      activation,
      affineGrid,
      attention,
      control,
      linearAttention,
      loss,
      math,
      movement,
      nn,
      normalize,
      quant,
      random,
      recurrent,
      reduce,
      resize,
      sequence,
      shape,
      signal,
      strings,
    ),
  ],
  [
    "com.microsoft",
    tableOf(
      microsoft,
      microsoftAttention,
      microsoftBlocks,
      microsoftCache,
      microsoftInteger,
      microsoftMovement,
      microsoftNorm,
      microsoftQuant,
    ),
  ],
  ["ai.onnx.ml", tableOf(ml, mlLabels, mlTrees)],
  ["ai.onnx.preview", new Map([["FlexAttention", attention.FlexAttention]])],
  ["ai.onnx.preview.training", tableOf(training, gradient)],
]);

/** The function for an operator; undefined when it is not supported. */
export function findOperator(domain: string, name: string): Convert | undefined {
  return domains.get(domain)?.get(name);
}

/** Every supported operator, as domain and name. */
export function supportedOperators(): readonly { readonly domain: string; readonly name: string }[] {
  return [...domains].flatMap(([domain, table]) => [...table.keys()].map((name) => ({ domain, name })));
}
