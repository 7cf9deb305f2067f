// Tiles whose last vector has 8 lanes: where at most 8 channels of the last block exist, half its products are saved.
#pragma once
#include "kernels/conv/tile_shape.h"
#include "simd/activation.h"

#if CORACLE_WIDTH == 16
namespace coracle::CORACLE_ISA {
namespace {

template <int rows, int full>
struct HalfSums {
  __m512 whole[rows][full + 1];
  __m256 half[rows];
};

template <int rows, int full>
CORACLE_INLINE void half_start(const TileShape& s, const TileData& d, HalfSums<rows, full>& sums) {
#pragma GCC unroll 14
  for (int m = 0; m < rows; ++m) {
    const float* out = d.out + m * s.out_pixel_stride;
#pragma GCC unroll 2
    for (int v = 0; v < full; ++v) sums.whole[m][v] = _mm512_loadu_ps(d.bias ? d.bias : out);
    sums.half[m] = _mm256_loadu_ps(d.bias ? d.bias + full * f32v::width : out + full * s.out_vector_stride);
  }
}

template <bool hard, int rows, int full>
CORACLE_INLINE void half_finish(const TileShape& s, const TileData& d, const HalfSums<rows, full>& sums) {
  const __m512 low = _mm512_set1_ps(s.low), high = _mm512_set1_ps(s.high);
  const auto finish = [&](__m512 y) {
    y = _mm512_min_ps(high, _mm512_max_ps(low, y));
    return hard ? hard_swish(f32v{y}).v : y;
  };
#pragma GCC unroll 14
  for (int m = 0; m < rows; ++m) {
    const intptr_t at = m * s.out_pixel_stride, half_at = at + full * s.out_vector_stride;
#pragma GCC unroll 2
    for (int v = 0; v < full; ++v) {
      __m512 y = sums.whole[m][v];
      if (d.residual) y = _mm512_add_ps(y, _mm512_loadu_ps(d.residual + at));
      _mm512_storeu_ps(d.out + at, finish(y));
    }
    __m256 y = sums.half[m];
    if (d.residual) y = _mm256_add_ps(y, _mm256_loadu_ps(d.residual + half_at));
    _mm256_storeu_ps(d.out + half_at, _mm512_castps512_ps256(finish(_mm512_castps256_ps512(y))));
  }
}

template <int rows, int full>
CORACLE_INLINE void half_store(const TileShape& s, const TileData& d, const HalfSums<rows, full>& sums) {
  if (s.hard_swish)
    half_finish<true, rows, full>(s, d, sums);
  else
    half_finish<false, rows, full>(s, d, sums);
}

// full: whole vectors before the half one, 0 or 1.
template <int rows, int full, int fixed_stride>
void tile_half(const TileShape& s, const TileData& d) {
  constexpr int groups = (rows + 2) / 3, step = full * f32v::width + 8, ahead = 16 * step;
  const intptr_t stride = fixed_stride ? fixed_stride : s.pixel_stride;
  HalfSums<rows, full> sums;
  half_start(s, d, sums);
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
        for (intptr_t i = 0; i < inner; ++i, w += step) {
          prefetch(w + ahead);
          __m512 whole = _mm512_setzero_ps();
          if constexpr (full > 0) whole = _mm512_loadu_ps(w);
          const __m256 half = _mm256_loadu_ps(w + full * f32v::width);
#pragma GCC unroll 14
          for (int m = 0; m < rows; ++m) {
            const float* input = &base[m / 3][(m % 3) * stride];
            if constexpr (full > 0) {
              const __m512 wide = _mm512_set1_ps(*input);
              sums.whole[m][0] = _mm512_fmadd_ps(wide, whole, sums.whole[m][0]);
              sums.half[m] = _mm256_fmadd_ps(_mm512_castps512_ps256(wide), half, sums.half[m]);
            } else {
              sums.half[m] = _mm256_fmadd_ps(_mm256_set1_ps(*input), half, sums.half[m]);
            }
          }
#pragma GCC unroll 5
          for (int g = 0; g < groups; ++g) ++base[g];
        }
      }
      w += s.gap_taps * inner * step;
    }
    w += s.tail_taps * inner * step;
  }
  half_store(s, d, sums);
}

template <int full, int stride>
struct HalfTable {
  static constexpr TileFn fn[kTileRows + 1] = {
      nullptr,
      tile_half<1, full, stride>,
      tile_half<2, full, stride>,
      tile_half<3, full, stride>,
      tile_half<4, full, stride>,
      tile_half<5, full, stride>,
      tile_half<6, full, stride>,
      tile_half<7, full, stride>,
      tile_half<8, full, stride>,
      tile_half<9, full, stride>,
      tile_half<10, full, stride>,
      tile_half<11, full, stride>,
      tile_half<12, full, stride>,
      tile_half<13, full, stride>,
      tile_half<14, full, stride>,
  };
};

}  // namespace
}  // namespace coracle::CORACLE_ISA
#endif
