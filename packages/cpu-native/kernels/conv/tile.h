// The register tile shared by convolution, transposed convolution and matrix multiplication:
// rows (output pixels, or rows of A) x vectors (of output channels, or columns of B), all products summed in registers.
#pragma once
#include "kernels/conv/tile_shape.h"
#include "simd/activation.h"
#include "simd/tile_step.h"

namespace coracle::CORACLE_ISA {
namespace {

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

// Rows first..first+count-1 of the sums on their way to memory, each step over all of them in turn, so that its code
// stands once: residual, bounds, hard-swish, stores.
template <int first, int count, int rows, int vectors>
CORACLE_INLINE void tile_store(const TileShape& s, const TileData& d, f32v (&acc)[rows][vectors]) {
  const f32v low = set1(s.low), high = set1(s.high);
  const bool is_whole = d.lanes == f32v::width;
  const auto over = [&](auto apply) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
#pragma GCC unroll 14
      for (int m = first; m < first + count; ++m)
        apply(acc[m][v], m * s.out_pixel_stride + v * s.out_vector_stride, v + 1 < vectors || is_whole);
  };
  if (d.residual)
    over([&](f32v& sum, intptr_t at, bool whole) {
      sum += whole ? load(d.residual + at) : load_n(d.residual + at, d.lanes);
    });
  if (s.low > -__builtin_inff()) over([&](f32v& sum, intptr_t, bool) { sum = max(low, sum); });
  if (s.high < __builtin_inff()) over([&](f32v& sum, intptr_t, bool) { sum = min(high, sum); });
  if (s.hard_swish) over([&](f32v& sum, intptr_t, bool) { sum = hard_swish(sum); });
  over([&](f32v& sum, intptr_t at, bool whole) {
    if (whole)
      store(d.out + at, sum);
    else
      store_n(d.out + at, sum, d.lanes);
  });
}

// The last products of a sum, some rows at a time, each with its stores: in one burst these would hold up the products
// of the next tile.
constexpr int kLastProducts = 8;

template <int first, int rows, int vectors>
CORACLE_INLINE void tile_finish(const TileShape& s, const TileData& d, const float* x, intptr_t stride, const float* w,
                                f32v (&acc)[rows][vectors]) {
  constexpr int count = rows - first < 5 ? rows - first : 5;
#pragma GCC unroll 8
  for (int i = 0; i < kLastProducts; ++i) {
    f32v weight[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) weight[v] = load(w + (i * vectors + v) * f32v::width);
#pragma GCC unroll 5
    for (int m = first; m < first + count; ++m) {
      const f32v value = set1(x[m * stride + i]);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) acc[m][v] = fma(value, weight[v], acc[m][v]);
    }
  }
  tile_store<first, count>(s, d, acc);
  if constexpr (first + count < rows) tile_finish<first + count>(s, d, x, stride, w, acc);
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
  constexpr bool can_stage = f32v::width == 16 && rows == 14 && vectors == 2 && fixed_stride == 16;
  const bool is_staged = can_stage && s.inner_tail >= kLastProducts && s.gap_taps + s.tail_taps == 0;
  const float *w = d.w, *last_x = nullptr;
  for (int block = 0; block < s.blocks; ++block) {
    const intptr_t inner = block + 1 < s.blocks ? s.inner : s.inner_tail;
    w += s.lead_taps * inner * step;
    for (int tap_row = 0; tap_row < s.row_taps; ++tap_row) {
      const float* x = d.x + block * s.block_stride + tap_row * s.row_stride;
      for (int tap_col = 0; tap_col < s.col_taps; ++tap_col, x += s.col_stride) {
        const float* base[groups];
#pragma GCC unroll 5
        for (int g = 0; g < groups; ++g) base[g] = x + 3 * g * stride;
        intptr_t i = 0, stop = inner;
        const bool is_last = block + 1 == s.blocks && tap_row + 1 == s.row_taps && tap_col + 1 == s.col_taps;
        if (is_staged && is_last) {
          stop = inner - kLastProducts;
          last_x = x + stop;
        }
        for (; i + chains <= stop; i += chains, w += chains * step) {
#pragma GCC unroll 4
          for (int c = 0; c < chains; ++c) {
#pragma GCC unroll 4
            for (int line = 0; line < step; line += 16) prefetch(w + c * step + ahead + line);
            tile_step<rows, vectors>(base, stride, c, w + c * step, acc[c]);
          }
#pragma GCC unroll 5
          for (int g = 0; g < groups; ++g) base[g] += chains;
        }
        for (; i < stop; ++i, w += step) {
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
  if constexpr (can_stage) {
    if (last_x) return tile_finish<0>(s, d, last_x, stride, w, acc[0]);
  }
  tile_store<0, rows>(s, d, acc[0]);
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
