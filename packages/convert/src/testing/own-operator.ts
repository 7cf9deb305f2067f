import { x86 } from "@coracle/backend-x86";
import {
  type Backend,
  composeKernel,
  defineOp,
  type Kernel,
  type Op,
  ops,
  type Program,
  ShapeError,
  Tensor,
  withKernels,
} from "@coracle/core";
import { fromOnnx, type Operators, readAs } from "../index.ts";

export interface ScaleShiftAttrs {
  readonly scale: number;
  readonly shift: number;
}

/** x f32 -> scale x + shift. */
export const scaleShift: Op<ScaleShiftAttrs> = defineOp({
  name: "example.scaleShift",
  accuracy: "rounding",
  infer([x]) {
    if (x?.dtype !== "f32") throw new ShapeError(`x is ${x?.dtype}; expected f32.`);
    return [{ dtype: "f32", shape: x.shape }];
  },
  reference([x], { scale, shift }) {
    const data = Float32Array.from(x!.data as Float32Array, (value) => scale * value + shift);
    return [Tensor.from("f32", x!.shape, data)];
  },
});

export const operators: Operators = {
  "com.example.ScaleShift": readAs(scaleShift, ({ attributes }) => ({
    scale: attributes.float("scale", 1),
    shift: attributes.float("shift", 0),
  })),
};

export const kernel: Kernel<ScaleShiftAttrs> = composeKernel({
  op: scaleShift,
  name: "x86/scale-shift",
  backend: x86,
  expand(builder, [x], { scale, shift }) {
    const scaled = builder.one(ops.mul, {}, [x!, builder.constant(Tensor.scalar("f32", scale))]);
    return [builder.one(ops.add, {}, [scaled, builder.constant(Tensor.scalar("f32", shift))])];
  },
});

export const withScaleShift: Backend = withKernels(x86, [kernel]);

export const read = (bytes: Uint8Array): Program => fromOnnx(bytes, { operators });
