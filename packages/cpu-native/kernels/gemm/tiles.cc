#include "kernels/gemm/gemm_tile.h"
#include "simd/tile_step.h"

namespace coracle::CORACLE_ISA {
namespace {

constexpr int kUnroll = 4;

// Products between a load of B and its prefetch: one row waits for memory, many rows for L2.
constexpr int steps_ahead(int rows) { return rows >= 4 ? 16 : 64; }

template <int rows, int vectors>
CORACLE_INLINE void tile_start(const GemmTile& t, f32v (&sums)[rows][vectors]) {
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v) {
    const bool whole = v + 1 < vectors || t.lanes == f32v::width;
    const f32v bias = t.bias ? load(t.bias + v * f32v::width) : zero();
#pragma GCC unroll 14
    for (int m = 0; m < rows; ++m) {
      const float* out = t.out + m * t.out_stride + v * f32v::width;
      sums[m][v] = t.bias ? bias : whole ? load(out) : load_n(out, t.lanes);
    }
  }
}

template <int rows, int vectors>
CORACLE_INLINE void tile_store(const GemmTile& t, const f32v (&sums)[rows][vectors]) {
  const f32v low = set1(t.low), high = set1(t.high);
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v) {
    const bool whole = v + 1 < vectors || t.lanes == f32v::width;
#pragma GCC unroll 14
    for (int m = 0; m < rows; ++m) {
      const intptr_t at = m * t.out_stride + v * f32v::width;
      f32v y = sums[m][v];
      if (t.residual) y += whole ? load(t.residual + at) : load_n(t.residual + at, t.lanes);
      y = clamp(y, low, high);
      if (whole)
        store(t.out + at, y);
      else
        store_n(t.out + at, y, t.lanes);
    }
  }
}

template <int rows, int vectors>
void tile(const GemmTile& t) {
  constexpr int groups = (rows + 2) / 3, chains = tile_chains(rows), step = vectors * f32v::width;
  constexpr int ahead = steps_ahead(rows) * step;
  f32v sums[chains][rows][vectors];
  tile_start(t, sums[0]);
#pragma GCC unroll 4
  for (int c = 1; c < chains; ++c)
#pragma GCC unroll 14
    for (int m = 0; m < rows; ++m)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) sums[c][m][v] = zero();
  const float* w = t.w;
  const float* base[groups];
#pragma GCC unroll 5
  for (int g = 0; g < groups; ++g) base[g] = t.a + 3 * g * t.a_stride;
  int k = 0;
  for (; k + kUnroll <= t.depth; k += kUnroll, w += kUnroll * step) {
#pragma GCC unroll 4
    for (int u = 0; u < kUnroll; ++u) {
#pragma GCC unroll 4
      for (int line = 0; line < step; line += 16) prefetch(w + u * step + ahead + line);
      tile_step<rows, vectors>(base, t.a_stride, u, w + u * step, sums[u % chains]);
    }
#pragma GCC unroll 5
    for (int g = 0; g < groups; ++g) base[g] += kUnroll;
  }
  for (; k < t.depth; ++k, w += step) {
    tile_step<rows, vectors>(base, t.a_stride, 0, w, sums[0]);
#pragma GCC unroll 5
    for (int g = 0; g < groups; ++g) ++base[g];
  }
#pragma GCC unroll 4
  for (int c = 1; c < chains; ++c)
#pragma GCC unroll 14
    for (int m = 0; m < rows; ++m)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) sums[0][m][v] += sums[c][m][v];
  tile_store(t, sums[0]);
}

template <int vectors>
GemmTileFn by_rows(int rows) {
  static constexpr GemmTileFn table[kGemmRows + 1] = {
    nullptr,
    tile<1, vectors>,
    tile<2, vectors>,
    tile<3, vectors>,
    tile<4, vectors>,
    tile<5, vectors>,
    tile<6, vectors>,
#if CORACLE_WIDTH == 16
    tile<7, vectors>,
    tile<8, vectors>,
    tile<9, vectors>,
    tile<10, vectors>,
    tile<11, vectors>,
    tile<12, vectors>,
    tile<13, vectors>,
    tile<14, vectors>,
#endif
  };
  return table[rows];
}

}  // namespace

GemmTileFn gemm_tile(int vectors, int rows) { return vectors == 1 ? by_rows<1>(rows) : by_rows<2>(rows); }

}  // namespace coracle::CORACLE_ISA
