// Depthwise convolution between products of single pixels, by strips of rows that stay in cache: an expansion fills the
// ring of rows that the depthwise kernel reads, and the projection takes its rows as they are made.
#include "kernels/conv/epilogue.h"
#include "kernels/conv/tile_shape.h"
#include "kernels/conv/tools.h"
#include "kernels/depthwise/rows.h"

namespace coracle::CORACLE_ISA {
namespace {

struct StageActivation {
  int32_t activation;
  float a, b;
};

// args: x, out, depthwise weights and bias, projection weights and bias, expansion weights and bias (has_expand),
// residual (has_residual). Blocks are of channels; tail: channels of the last one; half: it has 8 lanes in the weights.
// One task is a band of rows; a strip of it is what the scratch holds, ring_rows rows before the depthwise stage.
struct StripsParams {
  int32_t batch, has_expand, has_residual;
  int32_t in_blocks, in_tail, mid_blocks, mid_tail, mid_half, out_blocks, out_half;
  int32_t in_height, in_width, out_height, out_width, kernel_height, kernel_width;
  int32_t row_step, col_step, pad_top, pad_left;
  int32_t band_rows, strip_rows, ring_rows;
  StageActivation expand, depthwise, project;
};

// A product of pixels by [in blocks] to [out blocks] weights.
struct Points {
  TileShape shape;
  Epilogue epilogue;
  const float* w;
  const float* bias;
  int32_t out_blocks;
  bool half;
};

Points make_points(const StageActivation& a, int in_blocks, int in_tail) {
  Points points = {};
  points.epilogue = make_epilogue(a.activation, a.a, a.b);
  TileShape& shape = points.shape;
  shape.blocks = in_blocks;
  shape.row_taps = shape.col_taps = 1;
  shape.inner = f32v::width;
  shape.inner_tail = in_tail;
  shape.pixel_stride = shape.out_pixel_stride = f32v::width;
  shape.low = points.epilogue.low;
  shape.high = points.epilogue.high;
  shape.hard_swish = points.epilogue.after == CORACLE_ACT_HARD_SWISH;
  return points;
}

// Neighbouring pixels by the vectors of one tile, the first of block `first`; data is at that block.
void run_points(const Points& points, int first, TileData data, int pixels) {
  constexpr int width = f32v::width;
  const TileShape& shape = points.shape;
  const int vectors = min_int(points.out_blocks - first, kTileVectors);
  const bool half = points.half && first + vectors == points.out_blocks;
  const TileFn* tiles = conv_tiles(vectors, half, width);
  const intptr_t products = static_cast<intptr_t>(shape.blocks - 1) * width + shape.inner_tail;
  data.w = points.w + products * first * width;
  data.bias = points.bias + first * width;
  data.lanes = width;
  const bool is_later = points.epilogue.after != CORACLE_ACT_NONE && !shape.hard_swish;
  for (int left = ceil_div(pixels, kTileRows); left > 0; --left) {
    const int count = (pixels + left - 1) / left;
    tiles[count](shape, data);
    if (is_later) {
      activate_stored(points.epilogue, data.out, count, vectors, width, shape.out_vector_stride,
                      half ? kHalfLanes : width);
    }
    data.x += count * width;
    data.out += count * width;
    if (data.residual) data.residual += count * width;
    pixels -= count;
  }
}

// One image's maps, and this thread's rows between the stages; the ring begins with row ring_first.
struct Maps {
  const float* x;
  float* out;
  const float* residual;
  float* ring;
  float* mid;
  int ring_first;
};

struct Chain {
  const StripsParams& p;
  Points expand, project;
  DepthwiseParams depthwise;
  const float* w;
  const float* bias;
};

Chain make_chain(const StripsParams& p, const coracle_call* call) {
  constexpr int width = f32v::width;
  Chain c = {p,
             make_points(p.expand, p.in_blocks, p.in_tail),
             make_points(p.project, p.mid_blocks, p.mid_tail),
             {},
             arg<const float>(call, 2),
             arg<const float>(call, 3)};
  c.project.w = arg<const float>(call, 4);
  c.project.bias = arg<const float>(call, 5);
  c.project.out_blocks = p.out_blocks;
  c.project.half = p.out_half;
  c.project.shape.block_stride = static_cast<intptr_t>(p.strip_rows) * p.out_width * width;
  c.project.shape.out_vector_stride = static_cast<intptr_t>(p.out_height) * p.out_width * width;
  if (p.has_expand) {
    c.expand.w = arg<const float>(call, 6);
    c.expand.bias = arg<const float>(call, 7);
    c.expand.out_blocks = p.mid_blocks;
    c.expand.half = p.mid_half;
    c.expand.shape.block_stride = static_cast<intptr_t>(p.in_height) * p.in_width * width;
    c.expand.shape.out_vector_stride = static_cast<intptr_t>(p.ring_rows) * p.in_width * width;
  }
  c.depthwise = {p.batch,
                 p.mid_blocks,
                 p.in_height,
                 p.in_width,
                 p.out_height,
                 p.out_width,
                 p.kernel_height,
                 p.kernel_width,
                 p.row_step,
                 p.col_step,
                 1,
                 1,
                 p.pad_top,
                 p.pad_left,
                 p.strip_rows,
                 0,
                 p.depthwise.activation,
                 p.depthwise.a,
                 p.depthwise.b};
  return c;
}

// Rows row0..row1-1 of a tile's blocks into the ring.
void fill_ring(const Chain& c, const Maps& maps, int first, int row0, int row1) {
  const StripsParams& p = c.p;
  const intptr_t row_floats = static_cast<intptr_t>(p.in_width) * f32v::width;
  float* ring = maps.ring + first * c.expand.shape.out_vector_stride;
  for (int row = row0; row < row1;) {
    const int slot = (row - maps.ring_first) % p.ring_rows, rows = min_int(row1 - row, p.ring_rows - slot);
    TileData data = {};
    data.x = maps.x + row * row_floats;
    data.out = ring + slot * row_floats;
    run_points(c.expand, first, data, rows * p.in_width);
    row += rows;
  }
}

void run_depthwise(const Chain& c, const Maps& maps, int block, int row0, int row1) {
  const StripsParams& p = c.p;
  const intptr_t out_row = static_cast<intptr_t>(p.out_width) * f32v::width;
  const intptr_t plane_rows = p.has_expand ? p.ring_rows : p.in_height;
  DepthwisePlane plane = {};
  plane.x = (p.has_expand ? maps.ring : maps.x) + block * plane_rows * p.in_width * f32v::width;
  plane.ring_rows = p.has_expand ? p.ring_rows : 0;
  plane.ring_first = maps.ring_first;
  plane.w = c.w + static_cast<intptr_t>(block) * p.kernel_height * p.kernel_width * f32v::width;
  plane.bias = c.bias + block * f32v::width;
  plane.out = maps.mid + block * p.strip_rows * out_row - row0 * out_row;
  depthwise_rows(c.depthwise, plane, row0, row1);
}

void run_projection(const Chain& c, const Maps& maps, int row0, int row1) {
  const StripsParams& p = c.p;
  const intptr_t at = static_cast<intptr_t>(row0) * p.out_width * f32v::width;
  for (int first = 0; first < p.out_blocks; first += kTileVectors) {
    const intptr_t block_at = at + first * c.project.shape.out_vector_stride;
    TileData data = {};
    data.x = maps.mid;
    data.out = maps.out + block_at;
    data.residual = maps.residual ? maps.residual + block_at : nullptr;
    run_points(c.project, first, data, (row1 - row0) * p.out_width);
  }
}

void run_band(const Chain& c, Maps maps, int band0, int band1) {
  const StripsParams& p = c.p;
  const auto first_of = [&](int row) { return clamp_int(row * p.row_step - p.pad_top, 0, p.in_height); };
  int made = maps.ring_first = first_of(band0);
  for (int row0 = band0; row0 < band1; row0 += p.strip_rows) {
    const int row1 = min_int(row0 + p.strip_rows, band1);
    const int first = first_of(row0);
    const int end = clamp_int((row1 - 1) * p.row_step - p.pad_top + p.kernel_height, first, p.in_height);
    for (int tile = 0; tile < p.mid_blocks; tile += kTileVectors) {
      if (p.has_expand) fill_ring(c, maps, tile, max_int(made, first), end);
      const int stop = min_int(tile + kTileVectors, p.mid_blocks);
      for (int block = tile; block < stop; ++block) run_depthwise(c, maps, block, row0, row1);
    }
    made = max_int(made, end);
    run_projection(c, maps, row0, row1);
  }
}

}  // namespace

void f32_conv_strips(const coracle_call* call, int32_t begin, int32_t end) {
  constexpr int width = f32v::width;
  const StripsParams& p = params<StripsParams>(call);
  const Chain chain = make_chain(p, call);
  const int bands = ceil_div(p.out_height, p.band_rows);
  const intptr_t in_image = static_cast<intptr_t>(p.in_blocks) * p.in_height * p.in_width * width;
  const intptr_t out_image = static_cast<intptr_t>(p.out_blocks) * p.out_height * p.out_width * width;
  float* mid = static_cast<float*>(call->scratch);
  float* ring = mid + static_cast<intptr_t>(p.mid_blocks) * p.strip_rows * p.out_width * width;
  const float* residual = p.has_residual ? arg<const float>(call, p.has_expand ? 8 : 6) : nullptr;
  for (int task = begin; task < end; ++task) {
    const int image = task / bands, row0 = task % bands * p.band_rows;
    const Maps maps = {arg<const float>(call, 0) + image * in_image,
                       arg<float>(call, 1) + image * out_image,
                       residual ? residual + image * out_image : nullptr,
                       ring,
                       mid,
                       0};
    run_band(chain, maps, row0, min_int(row0 + p.band_rows, p.out_height));
  }
}

}  // namespace coracle::CORACLE_ISA
