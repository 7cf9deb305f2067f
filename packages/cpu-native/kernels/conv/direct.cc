// Direct convolution into a blocked output, or a row-major one. Reads a blocked input (a product per channel of a
// block) or a row-major one (a product per kernel column). With different output strides it is one phase of a
// transposed convolution.
#include "kernels/conv/epilogue.h"
#include "kernels/conv/spread.h"
#include "kernels/conv/tile_shape.h"
#include "kernels/conv/tools.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x, packed weights, bias padded to whole blocks, out, residual (when has_residual).
// Sizes of x and out in floats, extents in pixels. borders: what happens to taps outside the map, see Borders.
// half_last: the last block has no more than 8 channels, and its weights as many lanes.
// spread: 0 for a blocked output; else the channels of a group, whose offsets in out follow the struct.
struct ConvParams {
  int32_t batch, groups;
  int32_t pixel, blocks, inner, inner_tail, blocks_per_pass;
  int32_t in_batch, in_group, in_block, in_height, in_width;
  int32_t row_taps, col_taps, row_extent, col_extent;
  int32_t row_step, col_step, row_dilation, col_dilation, pad_top, pad_left;
  int32_t out_height, out_width, out_blocks, half_last;
  int32_t out_batch, out_group, out_block, out_row, out_pixel, out_offset;
  int32_t strip_rows, strip_cols, tiles_per_task, borders, has_residual;
  int32_t activation;
  float a, b;
  int32_t spread;
};

// none: no tap is outside. copied: strips go through zero-padded scratch. clipped: those taps are left out of the sums,
// pixels with the same taps together.
enum Borders { kNoBorders = 0, kCopied = 1, kClipped = 2 };

struct Strip {
  int32_t image, group, row0, row1, col0, col1;
};

// One input rectangle, every block, into scratch; outside the image is zero.
void copy_strip(const ConvParams& p, const float* x, const Strip& s, float* scratch) {
  const int rows = (s.row1 - s.row0 - 1) * p.row_step + p.row_extent;
  const int cols = (s.col1 - s.col0 - 1) * p.col_step + p.col_extent;
  const int top = s.row0 * p.row_step - p.pad_top, left = s.col0 * p.col_step - p.pad_left;
  const int from = clamp_int(-left, 0, cols), to = clamp_int(p.in_width - left, from, cols);
  const size_t pixel_bytes = sizeof(float) * p.pixel;
  for (int block = 0; block < p.blocks; ++block) {
    for (int row = 0; row < rows; ++row, scratch += cols * p.pixel) {
      const int in_row = top + row;
      if (in_row < 0 || in_row >= p.in_height) {
        memset(scratch, 0, cols * pixel_bytes);
        continue;
      }
      const float* source = x + static_cast<intptr_t>(block) * p.in_block +
                            (static_cast<intptr_t>(in_row) * p.in_width + left + from) * p.pixel;
      memset(scratch, 0, from * pixel_bytes);
      memcpy(scratch + from * p.pixel, source, (to - from) * pixel_bytes);
      memset(scratch + to * p.pixel, 0, (cols - to) * pixel_bytes);
    }
  }
}

struct Source {
  const float* x;
  intptr_t block_stride, row_width;
};

Source open_strip(const ConvParams& p, const float* x, const Strip& s, float* scratch, bool is_new) {
  x += static_cast<intptr_t>(s.image) * p.in_batch + static_cast<intptr_t>(s.group) * p.in_group;
  if (p.borders != kCopied) {
    const intptr_t row = static_cast<intptr_t>(s.row0) * p.row_step - p.pad_top;
    const intptr_t col = static_cast<intptr_t>(s.col0) * p.col_step - p.pad_left;
    return {x + (row * p.in_width + col) * p.pixel, p.in_block, p.in_width};
  }
  if (is_new) copy_strip(p, x, s, scratch);
  const intptr_t cols = (s.col1 - s.col0 - 1) * p.col_step + p.col_extent;
  const intptr_t rows = (s.row1 - s.row0 - 1) * p.row_step + p.row_extent;
  return {scratch, rows * cols * p.pixel, cols};
}

struct Pass {
  int first_block, blocks;
  bool is_first, is_last;
};

// The channels of one tile: vectors, whether the last is half, and where they begin in a spread output.
struct Lanes {
  int vectors;
  bool half;
  const int32_t* offsets;
  int count;
};

TileShape shape_of(const ConvParams& p, const Source& source, const Pass& pass, const Epilogue& e) {
  const float infinity = __builtin_inff();
  TileShape shape = {};
  shape.blocks = pass.blocks;
  shape.row_taps = p.row_taps;
  shape.col_taps = p.col_taps;
  shape.inner = p.inner;
  shape.inner_tail = pass.is_last ? p.inner_tail : p.inner;
  shape.block_stride = source.block_stride;
  shape.row_stride = source.row_width * p.pixel * p.row_dilation;
  shape.col_stride = p.pixel * p.col_dilation;
  shape.pixel_stride = p.pixel * p.col_step;
  shape.out_pixel_stride = p.spread ? f32v::width : p.out_pixel;
  shape.out_vector_stride = p.spread ? kSpreadVector : p.out_block;
  shape.low = pass.is_last ? e.low : -infinity;
  shape.high = pass.is_last ? e.high : infinity;
  shape.hard_swish = pass.is_last && e.after == CORACLE_ACT_HARD_SWISH;
  return shape;
}

// Taps first..last-1 of a window that begins at `start`.
struct Taps {
  int first, last;
};

Taps taps_inside(int start, int taps, int dilation, int size) {
  const int first = start < 0 ? min_int(ceil_div(-start, dilation), taps) : 0;
  const int inside = start < size ? ceil_div(size - start, dilation) : 0;
  return {first, max_int(first, min_int(inside, taps))};
}

// What the tiles of a pass share. data.x: the strip's first tap; data.out and data.residual: pixel 0,0.
struct Job {
  const ConvParams& p;
  const Strip& s;
  const Lanes& lanes;
  const TileFn* tiles;
  TileShape shape;
  TileData data;
  Epilogue e;
  intptr_t x_row;  // floats between output rows in x
  bool is_last;
};

// Neighbouring pixels of one row: whole tiles where what is left keeps a tile busy, else tiles of about equal width.
void run_pixels(const Job& job, const TileShape& shape, TileData data, int row, int col0, int col1) {
  const ConvParams& p = job.p;
  const Lanes& lanes = job.lanes;
  SpreadTile spread;
  const float* x = data.x + (row - job.s.row0) * job.x_row;
  const int count = ceil_div(col1 - col0, kTileRows);
  const int rest = (col1 - col0) % kTileRows;
  const bool fills = f32v::width == 16 && (rest == 0 || 2 * rest >= kTileRows);
  for (int i = 0, col = col0; i < count; ++i) {
    const int width = fills ? min_int(kTileRows, col1 - col) : (col1 - col + count - i - 1) / (count - i);
    const intptr_t at = static_cast<intptr_t>(row) * p.out_row + static_cast<intptr_t>(col) * p.out_pixel;
    float* out = job.data.out + at;
    data.x = x + (col - job.s.col0) * shape.pixel_stride;
    data.out = p.spread ? spread.data : out;
    data.residual = job.data.residual ? job.data.residual + at : nullptr;
    job.tiles[width](shape, data);
    if (job.is_last && job.e.after != CORACLE_ACT_NONE && !shape.hard_swish) {
      activate_stored(job.e, data.out, width, lanes.vectors, shape.out_pixel_stride, shape.out_vector_stride,
                      lanes.half ? kHalfLanes : f32v::width);
    }
    if (p.spread) spread_tile(spread, lanes.offsets, lanes.count, width, out, p.out_pixel);
    col += width;
  }
}

// One row without the taps that fall outside the map.
void run_clipped(const Job& job, int row) {
  const ConvParams& p = job.p;
  const Taps rows = taps_inside(row * p.row_step - p.pad_top, p.row_taps, p.row_dilation, p.in_height);
  const auto cols_at = [&](int col) {
    return taps_inside(col * p.col_step - p.pad_left, p.col_taps, p.col_dilation, p.in_width);
  };
  for (int col0 = job.s.col0, col1; col0 < job.s.col1; col0 = col1) {
    const Taps cols = cols_at(col0);
    for (col1 = col0 + 1; col1 < job.s.col1; ++col1) {
      const Taps next = cols_at(col1);
      if (next.first != cols.first || next.last != cols.last) break;
    }
    TileShape shape = job.shape;
    shape.row_taps = rows.last - rows.first;
    shape.col_taps = cols.last - cols.first;
    shape.lead_taps = rows.first * p.col_taps + cols.first;
    shape.gap_taps = p.col_taps - shape.col_taps;
    shape.tail_taps = (p.row_taps - rows.last) * p.col_taps - cols.first;
    TileData data = job.data;
    data.x += rows.first * shape.row_stride + cols.first * shape.col_stride;
    run_pixels(job, shape, data, row, col0, col1);
  }
}

// The output rows of one strip, one channel tile, one range of input blocks.
void run_pass(const ConvParams& p, const Strip& s, const Source& source, const Pass& pass, TileData data,
              const Lanes& lanes) {
  const Epilogue e = make_epilogue(p.activation, p.a, p.b);
  const TileShape shape = shape_of(p, source, pass, e);
  if (!pass.is_first) data.bias = nullptr;
  if (!pass.is_last) data.residual = nullptr;
  data.x = source.x + pass.first_block * source.block_stride;
  const Job job = {p,           s,    lanes, conv_tiles(lanes.vectors, lanes.half, shape.pixel_stride),
                   shape,       data, e,     p.row_step * source.row_width * p.pixel,
                   pass.is_last};
  for (int row = s.row0; row < s.row1; ++row) {
    if (p.borders == kClipped)
      run_clipped(job, row);
    else
      run_pixels(job, shape, data, row, s.col0, s.col1);
  }
}

void run_tile(const ConvParams& p, const coracle_call* call, const Strip& s, const Source& source, int tile_index) {
  constexpr int width = f32v::width;
  const intptr_t taps = static_cast<intptr_t>(p.row_taps) * p.col_taps;
  const intptr_t products = taps * ((p.blocks - 1) * static_cast<intptr_t>(p.inner) + p.inner_tail);
  const int first = tile_index * kTileVectors;
  const int vectors = p.out_blocks - first < kTileVectors ? p.out_blocks - first : kTileVectors;
  const intptr_t out_block = static_cast<intptr_t>(s.group) * p.out_blocks + first;
  const intptr_t out_at = p.out_offset + static_cast<intptr_t>(s.image) * p.out_batch +
                          static_cast<intptr_t>(s.group) * p.out_group + static_cast<intptr_t>(first) * p.out_block;
  const bool half = p.half_last && first + vectors == p.out_blocks;
  const int tile_lanes = vectors * width - (half ? kHalfLanes : 0);
  const intptr_t group_lanes = p.out_blocks * width - (p.half_last ? kHalfLanes : 0);
  const float* w = arg<const float>(call, 1) + products * (s.group * group_lanes + first * width);
  TileData data = {};
  data.bias = arg<const float>(call, 2) + out_block * width;
  data.out = arg<float>(call, 3) + out_at;
  data.residual = p.has_residual ? arg<const float>(call, 4) + out_at : nullptr;
  data.lanes = width;
  const int32_t* offsets = call->params + sizeof(ConvParams) / sizeof(int32_t);
  const Lanes lanes = {vectors, half, offsets + first * width, min_int(vectors * width, p.spread - first * width)};
  for (int block = 0; block < p.blocks; block += p.blocks_per_pass) {
    const int left = p.blocks - block;
    const Pass pass = {block, left < p.blocks_per_pass ? left : p.blocks_per_pass, block == 0,
                       left <= p.blocks_per_pass};
    data.w = w + static_cast<intptr_t>(block) * p.inner * taps * tile_lanes;
    run_pass(p, s, source, pass, data, lanes);
  }
}

}  // namespace

const TileFn* conv_tiles_one(intptr_t pixel_stride);
const TileFn* conv_tiles_two(intptr_t pixel_stride);
const TileFn* conv_tiles_half(int vectors, intptr_t pixel_stride);
const TileFn* conv_tiles(int vectors, bool half, intptr_t pixel_stride) {
  if (half) return conv_tiles_half(vectors, pixel_stride);
  return vectors == 1 ? conv_tiles_one(pixel_stride) : conv_tiles_two(pixel_stride);
}

void f32_conv_direct(const coracle_call* call, int32_t begin, int32_t end) {
  const ConvParams& p = params<ConvParams>(call);
  const int tiles = ceil_div(p.out_blocks, kTileVectors), tile_groups = ceil_div(tiles, p.tiles_per_task);
  const int row_strips = ceil_div(p.out_height, p.strip_rows), col_strips = ceil_div(p.out_width, p.strip_cols);
  int open = -1;
  for (int task = begin; task < end; ++task) {
    int rest = task / tile_groups;
    const bool is_new = rest != open;
    open = rest;
    const int col0 = rest % col_strips * p.strip_cols;
    rest /= col_strips;
    const int row0 = rest % row_strips * p.strip_rows;
    rest /= row_strips;
    const Strip strip = {rest / p.groups,
                         rest % p.groups,
                         row0,
                         min_int(row0 + p.strip_rows, p.out_height),
                         col0,
                         min_int(col0 + p.strip_cols, p.out_width)};
    const Source source = open_strip(p, arg<const float>(call, 0), strip, static_cast<float*>(call->scratch), is_new);
    const int tile0 = task % tile_groups * p.tiles_per_task;
    const int tile1 = min_int(tile0 + p.tiles_per_task, tiles);
    for (int t = tile0; t < tile1; ++t) run_tile(p, call, strip, source, t);
  }
}

}  // namespace coracle::CORACLE_ISA
