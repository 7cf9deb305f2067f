import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { concat, dimOf, filled, scalarLike } from "./common.ts";

const rules = ["linear", "gated", "delta", "gated_delta"];

function constantOf(context: OnnxContext, like: Value, value: number, shape: readonly Value[]): Value {
  return filled(context, scalarLike(context, like, value), concat(context, shape, 0));
}

function headSize(context: OnnxContext, x: Value, heads: number): number {
  const columns = x.type.shape[2];
  return typeof columns === "number" ? columns / heads : context.fail("an unknown head size", "a number");
}

/** Of the gates and the state, what the rule does not use or the node leaves out is filled in: no decay, rate 1, zeros. */
export function LinearAttention(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const [q, k, v] = [context.input(0), context.input(1), context.input(2)];
  const [queryHeads, heads] = [context.requiredInt("q_num_heads"), context.requiredInt("kv_num_heads")];
  const rule = attributes.string("update_rule", "gated_delta");
  if (!rules.includes(rule)) context.fail(`update_rule "${rule}"`, rules.join(", "));
  const [isGated, isDelta] = [rule.startsWith("gated"), rule.endsWith("delta")];
  const depth = headSize(context, q, queryHeads);
  const [batch, steps] = [dimOf(context, q, 0), dimOf(context, q, 1)];
  const state = [batch, context.ints([heads, depth, headSize(context, v, heads)])];
  const past = context.optional(3) ?? constantOf(context, q, 0, state);
  const decay = isGated ? context.input(4) : constantOf(context, q, 0, [batch, steps, context.ints([heads])]);
  const beta = isDelta ? context.input(5) : constantOf(context, q, 1, [batch, steps, context.ints([1])]);
  const scale = attributes.float("scale", 0);
  const attrs = { queryHeads, heads, isDelta, scale: scale === 0 ? 1 / Math.sqrt(depth) : scale };
  return context.emitAll(ops.linearAttention, attrs, [q, k, v, past, decay, beta]);
}
