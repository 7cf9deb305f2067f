// How the map is cut into tiles, and where their transforms lie.
#pragma once
#include "kernels/conv/tile_shape.h"
#include "kernels/conv/tools.h"
#include "kernels/winograd/transform.h"

namespace coracle::CORACLE_ISA {
namespace {

// scheme: how both axes are filtered (Scheme). A block is `tiles` tiles, of any images, row by row.
// A task of f32_winograd is one block with out_tiles channel tiles (of kTileVectors blocks); one of f32_winograd_input
// is one block of tiles with in_blocks_per_task blocks of channels.
struct WinogradParams {
  int32_t scheme, batch, in_channels, out_blocks;
  int32_t in_height, in_width, out_height, out_width, pad_top, pad_left;
  int32_t tiles, out_tiles, in_blocks_per_task, is_transformed, has_residual;
  int32_t activation;
  float a, b;
};

constexpr int kMaxTiles = 64;

// What the words say of an axis; codes of schemes are those of the lowering.
struct Scheme {
  int row_outputs, col_outputs, row_size, col_size;
  int row_taps, col_taps;
  const double *row_matrix, *col_matrix;  // [size][taps]

  constexpr int planes() const { return row_size * col_size; }
};

template <class Rows, class Cols>
constexpr Scheme scheme() {
  return {Rows::outputs, Cols::outputs, Rows::size,           Cols::size,
          Rows::taps,    Cols::taps,    Rows::matrix.rows[0], Cols::matrix.rows[0]};
}

// Calls visit<Rows, Cols>() of the scheme with this code.
template <class Visit>
CORACLE_INLINE void with_scheme(int code, Visit visit) {
  using Two = Filtering<2, 3>;
  using Four = Filtering<4, 3>;
  using Six = Filtering<6, 3>;
  using SixOfSeven = Filtering<6, 7>;
  using FourOfFive = Filtering<4, 5>;
  switch (code) {
    case 0: return visit(Two(), Two());
    case 1: return visit(Four(), Four());
    case 2: return visit(Six(), Six());
    case 3: return visit(Four(), Two());
    case 4: return visit(Along(), Four());
    case 5: return visit(Four(), Along());
    case 6: return visit(Along(), SixOfSeven());
    case 7: return visit(SixOfSeven(), Along());
    case 8: return visit(FourOfFive(), FourOfFive());
  }
}

__attribute__((noinline)) Scheme scheme_of(int code) {
  Scheme found = {};
  with_scheme(code, [&](auto rows, auto cols) { found = scheme<decltype(rows), decltype(cols)>(); });
  return found;
}

// Planes of transforms are an odd number of lines apart, so that they spread over the sets of a cache.
CORACLE_INLINE intptr_t plane_floats(int lines) { return static_cast<intptr_t>(lines | 1) * f32v::width; }

#define CORACLE_FLAT __attribute__((always_inline))

// Calls visit(i) for i below count, in code of its own for each where `count` vectors of `length` can be in registers.
template <int count, int length, class Visit>
CORACLE_INLINE void each(Visit visit) {
  if constexpr (count * length <= 36) {
#pragma GCC unroll 16
    for (int i = 0; i < count; ++i) visit(i);
  } else {
#pragma GCC unroll 1
    for (int i = 0; i < count; ++i) visit(i);
  }
}

// The grid of tiles, and one block of it.
struct TileGrid {
  Scheme scheme;
  int rows, cols, first, count;

  TileGrid(const WinogradParams& p, int block)
      : scheme(scheme_of(p.scheme)),
        rows(ceil_div(p.out_height, scheme.row_outputs)),
        cols(ceil_div(p.out_width, scheme.col_outputs)),
        first(block * p.tiles) {
    count = min_int(p.tiles, p.batch * rows * cols - first);
  }
};

struct TilePlace {
  int32_t image, row, col;  // the first output pixel
};

CORACLE_INLINE void place_tiles(const TileGrid& grid, TilePlace* places) {
  int col = grid.first % grid.cols, row = grid.first / grid.cols % grid.rows;
  int image = grid.first / grid.cols / grid.rows;
  for (int t = 0; t < grid.count; ++t) {
    places[t] = {image, row * grid.scheme.row_outputs, col * grid.scheme.col_outputs};
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

}  // namespace
}  // namespace coracle::CORACLE_ISA
