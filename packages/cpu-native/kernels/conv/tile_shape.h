// What a register tile is told. The tiles themselves are in tile.h.
#pragma once
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {

#if CORACLE_WIDTH == 16
constexpr int kTileRows = 14;
#else
constexpr int kTileRows = 6;
#endif
constexpr int kTileVectors = 2;

// The sum runs over blocks x row_taps x col_taps x inner, where inner steps by one float of x and the last block has
// inner_tail of them. Weights follow in that order, vectors * width floats a product, and hold more taps than are
// summed: lead_taps before the first row of each block, gap_taps after each row, tail_taps after the last.
// hard_swish: follows the clamp.
struct TileShape {
  int32_t blocks, row_taps, col_taps, inner, inner_tail;
  int32_t lead_taps, gap_taps, tail_taps;
  intptr_t block_stride, row_stride, col_stride, pixel_stride;
  intptr_t out_pixel_stride, out_vector_stride;
  float low, high;
  bool hard_swish;
};

// bias null: the sum starts from what out holds. residual null: none; else laid out as out.
// lanes: columns of the last vector that exist in out.
struct TileData {
  const float* x;
  const float* w;
  const float* bias;
  const float* residual;
  float* out;
  int32_t lanes;
};

using TileFn = void (*)(const TileShape&, const TileData&);

// The tiles of 1 or 2 vectors by rows (index 1..kTileRows); pixel_stride is that of TileShape.
// half: the last vector has 8 lanes, in the weights too; for 16 lanes only.
const TileFn* conv_tiles(int vectors, bool half, intptr_t pixel_stride);

constexpr int kHalfLanes = 8;

}  // namespace coracle::CORACLE_ISA
