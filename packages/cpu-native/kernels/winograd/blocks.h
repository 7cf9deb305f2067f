// How the map is cut into tiles, and where their transforms lie.
#pragma once
#include "kernels/conv/tile_shape.h"
#include "kernels/conv/tools.h"
#include "kernels/winograd/transform.h"

namespace coracle::CORACLE_ISA {
namespace {

// outputs: pixels of a tile's side. A block is `tiles` tiles, of any images, row by row.
// A task of f32_winograd is one block with out_tiles channel tiles (of kTileVectors blocks); one of f32_winograd_input
// is one block of tiles with in_blocks_per_task blocks of channels.
struct WinogradParams {
  int32_t outputs, batch, in_channels, out_blocks;
  int32_t in_height, in_width, out_height, out_width, pad_top, pad_left;
  int32_t tiles, out_tiles, in_blocks_per_task, is_transformed, has_residual;
  int32_t activation;
  float a, b;
};

constexpr int kMaxTiles = 64;

// Planes of transforms are an odd number of lines apart, so that they spread over the sets of a cache.
CORACLE_INLINE intptr_t plane_floats(int lines) { return static_cast<intptr_t>(lines | 1) * f32v::width; }

// The grid of tiles, and one block of it.
struct TileGrid {
  int rows, cols, first, count;

  TileGrid(const WinogradParams& p, int block)
      : rows(ceil_div(p.out_height, p.outputs)), cols(ceil_div(p.out_width, p.outputs)), first(block * p.tiles) {
    count = min_int(p.tiles, p.batch * rows * cols - first);
  }
  static int blocks(const WinogradParams& p) {
    const int tiles = p.batch * ceil_div(p.out_height, p.outputs) * ceil_div(p.out_width, p.outputs);
    return ceil_div(tiles, p.tiles);
  }
};

struct TilePlace {
  int32_t image, row, col;  // the first output pixel
};

CORACLE_INLINE void place_tiles(const WinogradParams& p, const TileGrid& grid, TilePlace* places) {
  int col = grid.first % grid.cols, row = grid.first / grid.cols % grid.rows;
  int image = grid.first / grid.cols / grid.rows;
  for (int t = 0; t < grid.count; ++t) {
    places[t] = {image, row * p.outputs, col * p.outputs};
    if (++col < grid.cols) continue;
    col = 0;
    if (++row < grid.rows) continue;
    row = 0;
    ++image;
  }
}

// Transformed inputs of a block: [plane][block of channels][tile][lane]; products: [plane][vector][tile][lane].
CORACLE_INLINE intptr_t input_plane(const WinogradParams& p) {
  return plane_floats(ceil_div(p.in_channels, f32v::width) * p.tiles);
}
CORACLE_INLINE intptr_t product_plane(const WinogradParams& p) { return plane_floats(kTileVectors * p.tiles); }
CORACLE_INLINE int planes_of(const WinogradParams& p) {
  return transformed_size(p.outputs) * transformed_size(p.outputs);
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
