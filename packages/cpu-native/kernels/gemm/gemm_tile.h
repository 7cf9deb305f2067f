// What the register tile of a matrix product is told: rows of A times one panel of B, all sums in registers.
#pragma once
#include "kernels/gemm/panels.h"

namespace coracle::CORACLE_ISA {

#if CORACLE_WIDTH == 16
constexpr int kGemmRows = 14;
#else
constexpr int kGemmRows = 6;
#endif

// w: a panel, [depth][vectors * width]. bias null: the sums start from what out holds. residual null: none, else laid
// out as out. lanes: columns of the last vector that exist in out. next: memory that is wanted soon, of which every
// kGemmUnroll products bring next_step bytes, at most two lines, into L2.
struct GemmTile {
  const float* a;
  const float* w;
  const float* bias;
  const float* residual;
  float* out;
  intptr_t a_stride, out_stride;
  int32_t depth, lanes;
  float low, high;
};

using GemmTileFn = void (*)(const GemmTile&);

// The tile of 1 or 2 vectors and 1..kGemmRows rows.
GemmTileFn gemm_tile(int vectors, int rows);

}  // namespace coracle::CORACLE_ISA
