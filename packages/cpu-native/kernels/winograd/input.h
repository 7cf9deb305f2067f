// Blocked pixels into transformed inputs. What lies outside the image is zero.
#pragma once
#include "kernels/winograd/blocks.h"

namespace coracle::CORACLE_ISA {
namespace {

// d: pixels, row_stride floats apart. out: a line in each plane.
template <class Rows, class Cols>
CORACLE_INLINE void transform_input(const float* d, intptr_t row_stride, float* out, intptr_t plane) {
  f32v by_row[Rows::size][Cols::size];
  each<Cols::size, Rows::size>([&](int col) CORACLE_FLAT {
    f32v column[Rows::size], transformed[Rows::size];
#pragma GCC unroll 16
    for (int row = 0; row < Rows::size; ++row) column[row] = load(d + row * row_stride + col * f32v::width);
    Rows::transform(column, transformed);
#pragma GCC unroll 16
    for (int row = 0; row < Rows::size; ++row) by_row[row][col] = transformed[row];
  });
  each<Rows::size, Cols::size>([&](int row) CORACLE_FLAT {
    f32v transformed[Cols::size];
    Cols::transform(by_row[row], transformed);
#pragma GCC unroll 16
    for (int col = 0; col < Cols::size; ++col) store(out + (row * Cols::size + col) * plane, transformed[col]);
  });
}

struct Window {
  int row, col, rows, cols;

  bool is_inside(const WinogradParams& p) const {
    return row >= 0 && col >= 0 && row + rows <= p.in_height && col + cols <= p.in_width;
  }
};

// The pixels of a tile that stands over the edge, with zeros.
__attribute__((noinline)) void copy_edge_tile(const WinogradParams& p, const float* plane, const Window& window,
                                              float* out) {
  for (int r = 0; r < window.rows; ++r) {
    for (int c = 0; c < window.cols; ++c, out += f32v::width) {
      const int row = window.row + r, col = window.col + c;
      const bool inside = row >= 0 && row < p.in_height && col >= 0 && col < p.in_width;
      store(out, inside ? load(plane + (static_cast<intptr_t>(row) * p.in_width + col) * f32v::width) : zero());
    }
  }
}

struct InputBlocks {
  int first, last;  // the last one is not of them
};

// Blocks of channels of a block of tiles.
template <class Rows, class Cols>
void transform_inputs(const WinogradParams& p, const TileGrid& grid, const TilePlace* places, const float* x,
                      const InputBlocks& wanted, float* out) {
  const intptr_t plane = input_plane(p), row_stride = static_cast<intptr_t>(p.in_width) * f32v::width;
  const intptr_t block_stride = p.in_height * row_stride;
  const int blocks = ceil_div(p.in_channels, f32v::width);
  alignas(64) float edge[Rows::size * Cols::size * f32v::width];
  for (int block = wanted.first; block < wanted.last; ++block) {
    for (int t = 0; t < grid.count; ++t) {
      const TilePlace& place = places[t];
      const float* source = x + (static_cast<intptr_t>(place.image) * blocks + block) * block_stride;
      float* to = out + (static_cast<intptr_t>(block) * p.tiles + t) * f32v::width;
      const Window window = {place.row - p.pad_top, place.col - p.pad_left, Rows::size, Cols::size};
      if (window.is_inside(p)) {
        const float* first = source + window.row * row_stride + window.col * f32v::width;
        transform_input<Rows, Cols>(first, row_stride, to, plane);
      } else {
        copy_edge_tile(p, source, window, edge);
        transform_input<Rows, Cols>(edge, Cols::size * f32v::width, to, plane);
      }
    }
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
