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

template <class Rows, class Cols>
CORACLE_INLINE void transform_output(const float* products, intptr_t plane, f32v (&y)[Rows::outputs][Cols::outputs]) {
  f32v by_row[Rows::outputs][Cols::size];
  each<Cols::size, Rows::size>([&](int col) CORACLE_FLAT {
    f32v column[Rows::size], sums[Rows::outputs];
#pragma GCC unroll 16
    for (int row = 0; row < Rows::size; ++row) column[row] = load(products + (row * Cols::size + col) * plane);
    Rows::output(column, sums);
#pragma GCC unroll 16
    for (int row = 0; row < Rows::outputs; ++row) by_row[row][col] = sums[row];
  });
  each<Rows::outputs, Cols::size>([&](int row) CORACLE_FLAT { Cols::output(by_row[row], y[row]); });
}

// The part of a tile that is inside the map, between tiles with rows of different lengths.
__attribute__((noinline)) void copy_clipped(const OutputTile& tile, const float* from, intptr_t from_stride, float* to,
                                            intptr_t to_stride) {
  for (int row = 0; row < tile.rows; ++row)
    for (int col = 0; col < tile.cols; ++col)
      store(to + row * to_stride + col * f32v::width, load(from + row * from_stride + col * f32v::width));
}

template <class Rows, class Cols>
CORACLE_INLINE void store_outputs(const OutputTile& tile, const f32v (&y)[Rows::outputs][Cols::outputs], f32v bias,
                                  intptr_t row_stride, const Epilogue& e) {
  const f32v low = set1(e.low), high = set1(e.high);
  each<Rows::outputs, Cols::size>([&](int row) CORACLE_FLAT {
#pragma GCC unroll 16
    for (int col = 0; col < Cols::outputs; ++col) {
      const intptr_t at = row * row_stride + col * f32v::width;
      f32v sum = y[row][col] + bias;
      if (tile.residual) sum += load(tile.residual + at);
      store(tile.out + at, clamp(sum, low, high));
    }
  });
}

template <class Rows, class Cols>
CORACLE_INLINE void finish_tile(const OutputTile& tile, intptr_t plane, f32v bias, intptr_t row_stride,
                                const Epilogue& e) {
  constexpr int floats = Rows::outputs * Cols::outputs * f32v::width;
  constexpr intptr_t edge_stride = Cols::outputs * f32v::width;
  alignas(64) float edge[floats], edge_residual[floats];
  const bool is_whole = tile.rows == Rows::outputs && tile.cols == Cols::outputs;
  OutputTile target = tile;
  if (!is_whole) {
    target.out = edge;
    if (tile.residual) {
      copy_clipped(tile, tile.residual, row_stride, edge_residual, edge_stride);
      target.residual = edge_residual;
    }
  }
  f32v y[Rows::outputs][Cols::outputs];
  transform_output<Rows, Cols>(tile.products, plane, y);
  store_outputs<Rows, Cols>(target, y, bias, is_whole ? row_stride : edge_stride, e);
  if (!is_whole) copy_clipped(tile, edge, edge_stride, tile.out, row_stride);
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

template <class Rows, class Cols>
__attribute__((noinline)) void transform_outputs(const WinogradParams& p, const TileGrid& grid, const TilePlace* places,
                                                 const float* products, const OutputChannels& channels) {
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
                               min_int(Rows::outputs, p.out_height - place.row),
                               min_int(Cols::outputs, p.out_width - place.col)};
      finish_tile<Rows, Cols>(tile, plane, bias, row_stride, e);
    }
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
