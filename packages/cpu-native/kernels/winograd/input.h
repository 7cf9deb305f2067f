// Blocked pixels into transformed inputs. What lies outside the image is zero.
#pragma once
#include "kernels/winograd/blocks.h"

namespace coracle::CORACLE_ISA {
namespace {

// d: size x size pixels, row_stride floats apart. out: a line in each of size * size planes.
template <int outputs>
CORACLE_INLINE void transform_input(const float* d, intptr_t row_stride, float* out, intptr_t plane) {
  constexpr int size = transformed_size(outputs);
  f32v by_row[size][size];
#pragma GCC unroll 8
  for (int col = 0; col < size; ++col) {
    f32v column[size], transformed[size];
#pragma GCC unroll 8
    for (int row = 0; row < size; ++row) column[row] = load(d + row * row_stride + col * f32v::width);
    Filtering<outputs>::input(column, transformed);
#pragma GCC unroll 8
    for (int row = 0; row < size; ++row) by_row[row][col] = transformed[row];
  }
#pragma GCC unroll 8
  for (int row = 0; row < size; ++row) {
    f32v transformed[size];
    Filtering<outputs>::input(by_row[row], transformed);
#pragma GCC unroll 8
    for (int col = 0; col < size; ++col) store(out + (row * size + col) * plane, transformed[col]);
  }
}

// The pixels of a tile that stands over the edge, with zeros.
template <int outputs>
__attribute__((noinline)) void copy_edge_tile(const WinogradParams& p, const float* plane, int row, int col,
                                              float* out) {
  constexpr int size = transformed_size(outputs);
  for (int r = 0; r < size; ++r) {
    for (int c = 0; c < size; ++c, out += f32v::width) {
      const int in_row = row + r, in_col = col + c;
      const bool inside = in_row >= 0 && in_row < p.in_height && in_col >= 0 && in_col < p.in_width;
      store(out, inside ? load(plane + (static_cast<intptr_t>(in_row) * p.in_width + in_col) * f32v::width) : zero());
    }
  }
}

// Blocks of channels block0..block1-1 of a block of tiles.
template <int outputs>
void transform_inputs(const WinogradParams& p, const TileGrid& grid, const TilePlace* places, const float* x,
                      int block0, int block1, float* out) {
  constexpr int size = transformed_size(outputs);
  const intptr_t plane = input_plane(p), row_stride = static_cast<intptr_t>(p.in_width) * f32v::width;
  const intptr_t block_stride = p.in_height * row_stride;
  const int blocks = ceil_div(p.in_channels, f32v::width);
  alignas(64) float edge[size * size * f32v::width];
  for (int block = block0; block < block1; ++block) {
    for (int t = 0; t < grid.count; ++t) {
      const TilePlace& place = places[t];
      const float* source = x + (static_cast<intptr_t>(place.image) * blocks + block) * block_stride;
      float* to = out + (static_cast<intptr_t>(block) * p.tiles + t) * f32v::width;
      const int row = place.row - p.pad_top, col = place.col - p.pad_left;
      if (row >= 0 && col >= 0 && row + size <= p.in_height && col + size <= p.in_width) {
        transform_input<outputs>(source + row * row_stride + col * f32v::width, row_stride, to, plane);
      } else {
        copy_edge_tile<outputs>(p, source, row, col, edge);
        transform_input<outputs>(edge, size * f32v::width, to, plane);
      }
    }
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
