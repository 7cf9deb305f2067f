#include "kernels/recurrent/tile.h"

namespace coracle::CORACLE_ISA {
namespace {

// Sums that are few leave the FMA latency bare: neighbouring products then go to accumulators of their own.
constexpr int tile_chains(int sums) { return sums >= 8 ? 1 : sums >= 3 ? 2 : 4; }

template <int gates, int rows>
CORACLE_INLINE void tile_step(const float* const (&h)[rows], intptr_t k, const float* w, f32v (&sums)[rows][gates]) {
  f32v x[rows];
#pragma GCC unroll 6
  for (int m = 0; m < rows; ++m) x[m] = set1(h[m][k]);
#pragma GCC unroll 4
  for (int g = 0; g < gates; ++g) {
    const f32v weight = load(w + g * f32v::width);
#pragma GCC unroll 6
    for (int m = 0; m < rows; ++m) sums[m][g] = fma(x[m], weight, sums[m][g]);
  }
}

template <int gates, int rows>
void tile(const float* const* h_rows, const float* w, int depth, float* out) {
  constexpr int kUnroll = rows >= 4 ? 2 : 4, chains = tile_chains(gates * rows), step = gates * f32v::width;
  const float* h[rows];
#pragma GCC unroll 6
  for (int m = 0; m < rows; ++m) h[m] = h_rows[m];
  f32v sums[chains][rows][gates];
#pragma GCC unroll 4
  for (int c = 0; c < chains; ++c)
#pragma GCC unroll 6
    for (int m = 0; m < rows; ++m)
#pragma GCC unroll 4
      for (int g = 0; g < gates; ++g) sums[c][m][g] = zero();
  intptr_t k = 0;
  for (; k + kUnroll <= depth; k += kUnroll, w += kUnroll * step) {
#pragma GCC unroll 4
    for (int u = 0; u < kUnroll; ++u) tile_step<gates, rows>(h, k + u, w + u * step, sums[u % chains]);
  }
  for (; k < depth; ++k, w += step) tile_step<gates, rows>(h, k, w, sums[0]);
#pragma GCC unroll 6
  for (int m = 0; m < rows; ++m)
#pragma GCC unroll 4
    for (int g = 0; g < gates; ++g) {
      f32v sum = sums[0][m][g];
#pragma GCC unroll 4
      for (int c = 1; c < chains; ++c) sum += sums[c][m][g];
      store(out + (m * gates + g) * f32v::width, sum);
    }
}

template <int gates>
RecurrentTileFn by_rows(int rows) {
  static constexpr RecurrentTileFn table[kRecurrentRows + 1] = {
    nullptr,
    tile<gates, 1>,
    tile<gates, 2>,
#if CORACLE_WIDTH >= 8
    tile<gates, 3>,
#endif
#if CORACLE_WIDTH == 16
    tile<gates, 4>,
    tile<gates, 5>,
    tile<gates, 6>,
#endif
  };
  return table[rows];
}

}  // namespace

RecurrentTileFn recurrent_tile(int gates, int rows) {
  switch (gates) {
    case 1: return by_rows<1>(rows);
    case 2: return by_rows<2>(rows);
    case 3: return by_rows<3>(rows);
    default: return by_rows<4>(rows);
  }
}

}  // namespace coracle::CORACLE_ISA
