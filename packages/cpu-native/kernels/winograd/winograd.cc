// Convolution with step 1, blocked to blocked, by minimal filtering (Winograd): the input of a block of tiles is
// transformed, a matrix product for each plane sums over its channels, and their transform is the output.
#include "kernels/winograd/input.h"
#include "kernels/winograd/output.h"

namespace coracle::CORACLE_ISA {
namespace {

__attribute__((noinline)) void transform_channels(const WinogradParams& p, const TileGrid& grid,
                                                  const TilePlace* places, const float* x, const InputBlocks& blocks,
                                                  float* out) {
  with_scheme(p.scheme, [&](auto rows, auto cols) {
    transform_inputs<Inputs<rows.size>, Inputs<cols.size>>(p, grid, places, x, blocks, out);
  });
}

// The products of every plane for one tile of output channels. w: [plane][input channel][lane].
void multiply_planes(const WinogradParams& p, const TileGrid& grid, const float* inputs, const float* w, int vectors,
                     float* products) {
  constexpr int width = f32v::width;
  const float infinity = __builtin_inff();
  alignas(64) static const float zeros[kTileVectors * width] = {};
  const int blocks = ceil_div(p.in_channels, width), planes = grid.scheme.planes();
  const intptr_t in_plane = input_plane(p), out_plane = product_plane(p);
  TileShape shape = {};
  shape.blocks = blocks;
  shape.row_taps = shape.col_taps = 1;
  shape.inner = width;
  shape.inner_tail = p.in_channels - (blocks - 1) * width;
  shape.block_stride = static_cast<intptr_t>(p.tiles) * width;
  shape.pixel_stride = shape.out_pixel_stride = width;
  shape.out_vector_stride = static_cast<intptr_t>(p.tiles) * width;
  shape.low = -infinity;
  shape.high = infinity;
  const TileFn* tiles = conv_tiles(vectors, false, width);
  const int count = ceil_div(grid.count, kTileRows);
  for (int plane = 0; plane < planes; ++plane, w += static_cast<intptr_t>(p.in_channels) * vectors * width) {
    for (int i = 0, t = 0; i < count; ++i) {
      const int rows = (grid.count - t + count - i - 1) / (count - i);
      const TileData data = {inputs + plane * in_plane + t * width,    w,    zeros, nullptr,
                             products + plane * out_plane + t * width, width};
      tiles[rows](shape, data);
      t += rows;
    }
  }
}

void run_block(const WinogradParams& p, const coracle_call* call, int block, int first_tile) {
  constexpr int width = f32v::width;
  const TileGrid grid(p, block);
  const int planes = grid.scheme.planes();
  TilePlace places[kMaxTiles];
  place_tiles(grid, places);
  float* scratch = static_cast<float*>(call->scratch);
  float* products = scratch;
  const float* inputs = arg<const float>(call, 0) + block * planes * input_plane(p);
  if (!p.is_transformed) {
    float* transformed = scratch + planes * product_plane(p);
    transform_channels(p, grid, places, arg<const float>(call, 0), {0, ceil_div(p.in_channels, width)}, transformed);
    inputs = transformed;
  }
  const int last = min_int(first_tile + p.out_tiles, ceil_div(p.out_blocks, kTileVectors));
  for (int tile = first_tile; tile < last; ++tile) {
    const int first_block = tile * kTileVectors, vectors = min_int(kTileVectors, p.out_blocks - first_block);
    const float* w = arg<const float>(call, 1) + static_cast<intptr_t>(first_block) * width * planes * p.in_channels;
    multiply_planes(p, grid, inputs, w, vectors, products);
    const OutputChannels channels = {first_block, vectors, arg<const float>(call, 2),
                                     p.has_residual ? arg<const float>(call, 4) : nullptr, arg<float>(call, 3)};
    with_scheme(p.scheme, [&](auto rows, auto cols) {
      transform_outputs<decltype(rows), decltype(cols)>(p, grid, places, products, channels);
    });
  }
}

}  // namespace

// args: x (or its transform, when is_transformed), packed weights, bias padded to whole blocks, out, residual (when
// has_residual). Scratch: the products of a block, then its transformed input unless is_transformed.
void f32_winograd(const coracle_call* call, int32_t begin, int32_t end) {
  const WinogradParams& p = params<WinogradParams>(call);
  const int groups = ceil_div(ceil_div(p.out_blocks, kTileVectors), p.out_tiles);
  for (int task = begin; task < end; ++task) run_block(p, call, task / groups, task % groups * p.out_tiles);
}

// args: x, out.
void f32_winograd_input(const coracle_call* call, int32_t begin, int32_t end) {
  const WinogradParams& p = params<WinogradParams>(call);
  const int blocks = ceil_div(p.in_channels, f32v::width), groups = ceil_div(blocks, p.in_blocks_per_task);
  for (int task = begin; task < end; ++task) {
    const int block = task / groups, first = task % groups * p.in_blocks_per_task;
    const int last = min_int(first + p.in_blocks_per_task, blocks);
    const TileGrid grid(p, block);
    TilePlace places[kMaxTiles];
    place_tiles(grid, places);
    float* out = arg<float>(call, 1) + block * grid.scheme.planes() * input_plane(p);
    transform_channels(p, grid, places, arg<const float>(call, 0), {first, last}, out);
  }
}

}  // namespace coracle::CORACLE_ISA
