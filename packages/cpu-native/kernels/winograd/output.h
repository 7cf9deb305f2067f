// Sums of products into blocked pixels, with bias, residual and activation. Edges are clipped.
#pragma once
#include "kernels/conv/epilogue.h"
#include "kernels/winograd/blocks.h"

namespace coracle::CORACLE_ISA {
namespace {

// residual null: none; else laid out as out.
struct OutputTile {
  const float* products;
  const float* residual;
  float* out;
  int rows, cols;
};

template <int outputs>
CORACLE_INLINE void transform_output(const float* products, intptr_t plane, f32v (&y)[outputs][outputs]) {
  constexpr int size = transformed_size(outputs);
  f32v by_row[outputs][size];
#pragma GCC unroll 8
  for (int col = 0; col < size; ++col) {
    f32v column[size], sums[outputs];
#pragma GCC unroll 8
    for (int row = 0; row < size; ++row) column[row] = load(products + (row * size + col) * plane);
    Filtering<outputs>::output(column, sums);
#pragma GCC unroll 8
    for (int row = 0; row < outputs; ++row) by_row[row][col] = sums[row];
  }
#pragma GCC unroll 8
  for (int row = 0; row < outputs; ++row) Filtering<outputs>::output(by_row[row], y[row]);
}

template <int outputs>
CORACLE_INLINE void store_outputs(const OutputTile& tile, const f32v (&y)[outputs][outputs], f32v bias,
                                  intptr_t row_stride, const Epilogue& e, bool whole) {
  const f32v low = set1(e.low), high = set1(e.high);
#pragma GCC unroll 8
  for (int row = 0; row < outputs; ++row) {
    if (!whole && row >= tile.rows) break;
#pragma GCC unroll 8
    for (int col = 0; col < outputs; ++col) {
      if (!whole && col >= tile.cols) break;
      const intptr_t at = row * row_stride + col * f32v::width;
      f32v sum = y[row][col] + bias;
      if (tile.residual) sum += load(tile.residual + at);
      store(tile.out + at, clamp(sum, low, high));
    }
  }
}

template <int outputs>
CORACLE_INLINE void finish_tile(const OutputTile& tile, intptr_t plane, f32v bias, intptr_t row_stride,
                                const Epilogue& e) {
  f32v y[outputs][outputs];
  transform_output<outputs>(tile.products, plane, y);
  if (tile.rows == outputs && tile.cols == outputs)
    store_outputs<outputs>(tile, y, bias, row_stride, e, true);
  else
    store_outputs<outputs>(tile, y, bias, row_stride, e, false);
  if (e.after == CORACLE_ACT_NONE) return;
  for (int row = 0; row < tile.rows; ++row)
    activate_stored(e, tile.out + row * row_stride, tile.cols, 1, f32v::width, 0, f32v::width);
}

// `vectors` blocks of output channels, from first_block on.
struct OutputChannels {
  int first_block, vectors;
  const float* bias;
  const float* residual;
  float* out;
};

template <int outputs>
void transform_outputs(const WinogradParams& p, const TileGrid& grid, const TilePlace* places, const float* products,
                       const OutputChannels& channels) {
  const Epilogue e = make_epilogue(p.activation, p.a, p.b);
  const intptr_t plane = product_plane(p), row_stride = static_cast<intptr_t>(p.out_width) * f32v::width;
  for (int v = 0; v < channels.vectors; ++v) {
    const int block = channels.first_block + v;
    const f32v bias = load(channels.bias + block * f32v::width);
    for (int t = 0; t < grid.count; ++t) {
      const TilePlace& place = places[t];
      const intptr_t at = (static_cast<intptr_t>(place.image) * p.out_blocks + block) * p.out_height * row_stride +
                          place.row * row_stride + static_cast<intptr_t>(place.col) * f32v::width;
      const OutputTile tile = {products + (static_cast<intptr_t>(v) * p.tiles + t) * f32v::width,
                               channels.residual ? channels.residual + at : nullptr, channels.out + at,
                               min_int(outputs, p.out_height - place.row), min_int(outputs, p.out_width - place.col)};
      finish_tile<outputs>(tile, plane, bias, row_stride, e);
    }
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
