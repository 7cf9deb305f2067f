import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { binary, castTo, scalarLike } from "./common.ts";

/** The optimiser's inputs: learning rate, step count, then groups of tensors for each parameter. */
interface Optimizer {
  readonly rate: Value;
  readonly step: Value;
  group(index: number): readonly Value[];
  readonly count: number;
}

function optimizer(context: OnnxContext, groups: number): Optimizer {
  const values = context.all().slice(2);
  const count = values.length / groups;
  if (!Number.isInteger(count) || count < 1)
    context.fail(`${values.length} tensors`, `a multiple of ${groups}`);
  return {
    rate: context.input(0),
    step: context.input(1),
    count,
    group: (index) => values.slice(index * count, (index + 1) * count),
  };
}

class Arithmetic {
  readonly #context: OnnxContext;

  constructor(context: OnnxContext) {
    this.#context = context;
  }

  number(like: Value, value: number): Value {
    return scalarLike(this.#context, like, value);
  }

  attribute(like: Value, name: string, otherwise: number): Value {
    return this.number(like, this.#context.attributes.float(name, otherwise));
  }

  add(a: Value, b: Value): Value {
    return binary(this.#context, ops.add, a, b);
  }

  sub(a: Value, b: Value): Value {
    return binary(this.#context, ops.sub, a, b);
  }

  mul(a: Value, b: Value): Value {
    return binary(this.#context, ops.mul, a, b);
  }

  div(a: Value, b: Value): Value {
    return binary(this.#context, ops.div, a, b);
  }

  pow(a: Value, b: Value): Value {
    return binary(this.#context, ops.pow, a, b);
  }

  sqrt(a: Value): Value {
    return this.#context.emit(ops.sqrt, {}, [a]);
  }

  /** The gradient with the L2 penalty of its parameter. */
  regularized(gradient: Value, parameter: Value): Value {
    return this.add(gradient, this.mul(this.attribute(parameter, "norm_coefficient", 0), parameter));
  }
}

function stepAs(context: OnnxContext, like: Value): Value {
  return castTo(context, context.input(1), like.type.dtype);
}

export function Momentum(context: OnnxContext): readonly Value[] {
  const math = new Arithmetic(context);
  const { rate, count, group } = optimizer(context, 3);
  const isNesterov = context.attributes.string("mode", "standard") === "nesterov";
  const step = context.input(1);
  const results = Array.from({ length: count }, (_, i) => {
    const [x, g, v] = [group(0)[i]!, group(1)[i]!, group(2)[i]!];
    const gradient = math.regularized(g, x);
    const alpha = math.attribute(x, "alpha", 0);
    const isFirst = binary(context, ops.less, step, context.scalar("i64", 1));
    const beta = context.emit(ops.where, {}, [isFirst, math.number(x, 1), math.attribute(x, "beta", 0)]);
    const velocity = math.add(math.mul(alpha, v), math.mul(beta, gradient));
    const direction = isNesterov ? math.add(gradient, math.mul(alpha, velocity)) : velocity;
    return [math.sub(x, math.mul(rate, direction)), velocity];
  });
  return [...results.map(([x]) => x!), ...results.map(([, v]) => v!)];
}

export function Adagrad(context: OnnxContext): readonly Value[] {
  const math = new Arithmetic(context);
  const { rate, count, group } = optimizer(context, 3);
  const results = Array.from({ length: count }, (_, i) => {
    const [x, g, h] = [group(0)[i]!, group(1)[i]!, group(2)[i]!];
    const decay = math.mul(stepAs(context, x), math.attribute(x, "decay_factor", 0));
    const now = math.div(rate, math.add(math.number(x, 1), decay));
    const gradient = math.regularized(g, x);
    const squares = math.add(h, math.mul(gradient, gradient));
    const size = math.add(math.sqrt(squares), math.attribute(x, "epsilon", 1e-6));
    return [math.sub(x, math.div(math.mul(now, gradient), size)), squares];
  });
  return [...results.map(([x]) => x!), ...results.map(([, h]) => h!)];
}

export function Adam(context: OnnxContext): readonly Value[] {
  const math = new Arithmetic(context);
  const { rate, count, group } = optimizer(context, 4);
  const results = Array.from({ length: count }, (_, i) => {
    const [x, g, v, h] = [group(0)[i]!, group(1)[i]!, group(2)[i]!, group(3)[i]!];
    const [alpha, beta] = [math.attribute(x, "alpha", 0.9), math.attribute(x, "beta", 0.999)];
    const one = math.number(x, 1);
    const gradient = math.regularized(g, x);
    const mean = math.add(math.mul(alpha, v), math.mul(math.sub(one, alpha), gradient));
    const square = math.mul(gradient, gradient);
    const variance = math.add(math.mul(beta, h), math.mul(math.sub(one, beta), square));
    const step = stepAs(context, x);
    const corrected = math.div(
      math.mul(rate, math.sqrt(math.sub(one, math.pow(beta, step)))),
      math.sub(one, math.pow(alpha, step)),
    );
    const isStarted = binary(context, ops.greater, step, math.number(x, 0));
    const now = context.emit(ops.where, {}, [isStarted, corrected, rate]);
    const size = math.add(math.sqrt(variance), math.attribute(x, "epsilon", 1e-6));
    const next = math.sub(x, math.div(math.mul(now, mean), size));
    const post = context.attributes.float("norm_coefficient_post", 0);
    return [post === 0 ? next : math.mul(math.number(x, 1 - post), next), mean, variance];
  });
  return [0, 1, 2].flatMap((part) => results.map((values) => values[part]!));
}
