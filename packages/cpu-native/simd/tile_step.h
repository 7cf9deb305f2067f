// One step of a register tile: what convolutions and matrix products sum alike.
#pragma once
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// Few rows leave the FMA latency bare: neighbouring products then go to accumulators of their own. The order of a sum
// depends on the rows alone, so that every column of a result, in a whole panel or the last one, is summed alike.
constexpr int tile_chains(int rows) { return rows >= 4 ? 1 : rows >= 2 ? 2 : 4; }

// One product of every row with every vector. stride is a constant wherever the caller's is.
template <int rows, int vectors>
CORACLE_INLINE void tile_step(const float* const* base, intptr_t stride, int offset, const float* w,
                              f32v (&acc)[rows][vectors]) {
  f32v weight[vectors];
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v) weight[v] = load(w + v * f32v::width);
#pragma GCC unroll 14
  for (int m = 0; m < rows; ++m) {
    const f32v x = set1(base[m / 3][(m % 3) * stride + offset]);
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) acc[m][v] = fma(x, weight[v], acc[m][v]);
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
