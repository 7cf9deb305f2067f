// The register tile shared by convolution, transposed convolution and matrix multiplication:
// rows (output pixels, or rows of A) x vectors (of output channels, or columns of B), all products summed in registers.
#pragma once
#include "kernels/conv/tile_shape.h"
#include "simd/activation.h"

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

template <int rows, int vectors>
CORACLE_INLINE void tile_start(const TileShape& s, const TileData& d, f32v (&acc)[rows][vectors]) {
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v) {
    const bool whole = v + 1 < vectors || d.lanes == f32v::width;
    const f32v bias = d.bias ? load(d.bias + v * f32v::width) : zero();
#pragma GCC unroll 14
    for (int m = 0; m < rows; ++m) {
      const float* out = d.out + m * s.out_pixel_stride + v * s.out_vector_stride;
      acc[m][v] = d.bias ? bias : whole ? load(out) : load_n(out, d.lanes);
    }
  }
}

// Each step over all sums in turn, so that its code stands once: residual, bounds, hard-swish, stores.
template <int rows, int vectors>
CORACLE_INLINE void tile_store(const TileShape& s, const TileData& d, f32v (&acc)[rows][vectors]) {
  const f32v low = set1(s.low), high = set1(s.high);
  const bool is_whole = d.lanes == f32v::width;
  if (d.residual) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
#pragma GCC unroll 14
      for (int m = 0; m < rows; ++m) {
        const float* from = d.residual + m * s.out_pixel_stride + v * s.out_vector_stride;
        acc[m][v] += v + 1 < vectors || is_whole ? load(from) : load_n(from, d.lanes);
      }
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v)
#pragma GCC unroll 14
    for (int m = 0; m < rows; ++m) acc[m][v] = clamp(acc[m][v], low, high);
  if (s.hard_swish) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
#pragma GCC unroll 14
      for (int m = 0; m < rows; ++m) acc[m][v] = hard_swish(acc[m][v]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v)
#pragma GCC unroll 14
    for (int m = 0; m < rows; ++m) {
      float* to = d.out + m * s.out_pixel_stride + v * s.out_vector_stride;
      if (v + 1 < vectors || is_whole)
        store(to, acc[m][v]);
      else
        store_n(to, acc[m][v], d.lanes);
    }
}

// fixed_stride: floats between the rows of x when known here, else 0.
template <int rows, int vectors, int fixed_stride>
void tile(const TileShape& s, const TileData& d) {
  constexpr int groups = (rows + 2) / 3, chains = tile_chains(rows), step = vectors * f32v::width;
  constexpr int ahead = (rows == 1 ? 64 : 16) * step;
  const intptr_t stride = fixed_stride ? fixed_stride : s.pixel_stride;
  f32v acc[chains][rows][vectors];
  tile_start(s, d, acc[0]);
#pragma GCC unroll 4
  for (int c = 1; c < chains; ++c)
#pragma GCC unroll 14
    for (int m = 0; m < rows; ++m)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) acc[c][m][v] = zero();
  const float* w = d.w;
  for (int block = 0; block < s.blocks; ++block) {
    const intptr_t inner = block + 1 < s.blocks ? s.inner : s.inner_tail;
    w += s.lead_taps * inner * step;
    for (int tap_row = 0; tap_row < s.row_taps; ++tap_row) {
      const float* x = d.x + block * s.block_stride + tap_row * s.row_stride;
      for (int tap_col = 0; tap_col < s.col_taps; ++tap_col, x += s.col_stride) {
        const float* base[groups];
#pragma GCC unroll 5
        for (int g = 0; g < groups; ++g) base[g] = x + 3 * g * stride;
        intptr_t i = 0;
        for (; i + chains <= inner; i += chains, w += chains * step) {
#pragma GCC unroll 4
          for (int c = 0; c < chains; ++c) {
#pragma GCC unroll 4
            for (int line = 0; line < step; line += 16) prefetch(w + c * step + ahead + line);
            tile_step<rows, vectors>(base, stride, c, w + c * step, acc[c]);
          }
#pragma GCC unroll 5
          for (int g = 0; g < groups; ++g) base[g] += chains;
        }
        for (; i < inner; ++i, w += step) {
          tile_step<rows, vectors>(base, stride, 0, w, acc[0]);
#pragma GCC unroll 5
          for (int g = 0; g < groups; ++g) ++base[g];
        }
      }
      w += s.gap_taps * inner * step;
    }
    w += s.tail_taps * inner * step;
  }
#pragma GCC unroll 4
  for (int c = 1; c < chains; ++c)
#pragma GCC unroll 14
    for (int m = 0; m < rows; ++m)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) acc[0][m][v] += acc[c][m][v];
  tile_store(s, d, acc[0]);
}

// The tiles of one vector count and stride, by rows: table<...>::fn[rows].
template <int vectors, int stride>
struct TileTable {
#if CORACLE_WIDTH == 16
  static constexpr TileFn fn[kTileRows + 1] = {
      nullptr,
      tile<1, vectors, stride>,
      tile<2, vectors, stride>,
      tile<3, vectors, stride>,
      tile<4, vectors, stride>,
      tile<5, vectors, stride>,
      tile<6, vectors, stride>,
      tile<7, vectors, stride>,
      tile<8, vectors, stride>,
      tile<9, vectors, stride>,
      tile<10, vectors, stride>,
      tile<11, vectors, stride>,
      tile<12, vectors, stride>,
      tile<13, vectors, stride>,
      tile<14, vectors, stride>,
  };
#else
  static constexpr TileFn fn[kTileRows + 1] = {
      nullptr,
      tile<1, vectors, stride>,
      tile<2, vectors, stride>,
      tile<3, vectors, stride>,
      tile<4, vectors, stride>,
      tile<5, vectors, stride>,
      tile<6, vectors, stride>,
  };
#endif
};

}  // namespace
}  // namespace coracle::CORACLE_ISA
