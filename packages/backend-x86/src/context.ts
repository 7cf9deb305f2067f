import type { Layout } from "@coracle/core";

/** Instruction set levels, lowest first; each has a library of its own. */
export const levels = ["sse4", "avx2", "avx512"] as const;

export type Level = (typeof levels)[number];

/** What the kernels of one level are made for. */
export interface X86Context {
  readonly level: Level;
  /** f32 lanes of a register, and channels of a block. */
  readonly block: 4 | 8 | 16;
  readonly layout: Layout;
}

const contexts: Readonly<Record<Level, X86Context>> = {
  sse4: { level: "sse4", block: 4, layout: "NCHW4c" },
  avx2: { level: "avx2", block: 8, layout: "NCHW8c" },
  avx512: { level: "avx512", block: 16, layout: "NCHW16c" },
};

export function contextOf(level: Level): X86Context {
  return contexts[level];
}
