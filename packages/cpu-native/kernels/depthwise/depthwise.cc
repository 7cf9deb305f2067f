// Depthwise convolution over blocked maps, channel multiplier 1: neighbouring outputs of a row share their inputs
// in registers; taps outside the map are left out by rows and read as zero by columns.
#include "kernels/conv/epilogue.h"
#include "kernels/conv/tools.h"
#include "kernels/depthwise/rows.h"

namespace coracle::CORACLE_ISA {
namespace {

#if CORACLE_WIDTH == 16
constexpr int kPixels = 7;
#else
constexpr int kPixels = 4;
#endif

alignas(64) const float kZeros[f32v::width] = {};

// Keeps a value that several products share from being loaded again for each of them.
CORACLE_INLINE f32v in_register(f32v x) {
#if CORACLE_WIDTH == 16
  __asm__("" : "+v"(x.v));
#else
  __asm__("" : "+x"(x.v));
#endif
  return x;
}

// What the outputs of a call share: taps of the kernel's rows that are inside the map, and where they begin in w.
// After wrap_taps of them x goes back by wrap_floats: the plane holds its last rows in a ring.
struct RowCall {
  const DepthwiseParams* p;
  const float* w;
  int taps, wrap_taps;
  intptr_t wrap_floats;
  f32v bias, low, high;
  bool hard_swish;
};

// `count` groups of neighbouring outputs of one row, one after the other in a row or one below the other: x, out and
// residual step from group to group. in_col: the first tap's column; groups beside others never touch the edges.
struct Walk {
  const float* x;
  float* out;
  const float* residual;
  int in_col, count;
  intptr_t x_step, out_step;
};

constexpr int kMargin = 2;

CORACLE_INLINE f32v load_if(bool is_inside, const float* p) {
#if CORACLE_WIDTH == 16
  return {_mm512_maskz_loadu_ps(is_inside ? 0xffff : 0, p)};
#else
  return load(is_inside ? p : kZeros);
#endif
}

// Kernel width and column step are constants; dilation is 1. is_edge: up to kMargin columns on either side are outside.
template <int cols, int step, int pixels, bool is_edge>
CORACLE_INLINE void fixed_pixels(const RowCall& r, const float* x, int in_col, f32v (&acc)[pixels]) {
  constexpr int width = f32v::width, inputs = (pixels - 1) * step + cols;
  const intptr_t row_floats = static_cast<intptr_t>(r.p->in_width) * width * r.p->row_dilation;
  const float* w = r.w;
  for (int kh = 0; kh < r.taps; ++kh, x += row_floats, w += cols * width) {
    if (kh == r.wrap_taps) x -= r.wrap_floats;
    f32v input[inputs];
#pragma GCC unroll 20
    for (int i = 0; i < inputs; ++i) {
      const float* at = x + i * width;
      const bool may_be_outside = is_edge && (i < kMargin || i >= inputs - kMargin);
      const bool is_inside = static_cast<uint32_t>(in_col + i) < static_cast<uint32_t>(r.p->in_width);
      input[i] = in_register(may_be_outside ? load_if(is_inside, at) : load(at));
    }
#pragma GCC unroll 5
    for (int kw = 0; kw < cols; ++kw) {
      const f32v weight = load(w + kw * width);
#pragma GCC unroll 8
      for (int m = 0; m < pixels; ++m) acc[m] = fma(input[m * step + kw], weight, acc[m]);
    }
  }
}

template <int pixels, bool is_edge>
CORACLE_INLINE void any_pixels(const RowCall& r, const float* first, int in_col, f32v (&acc)[pixels]) {
  constexpr int width = f32v::width;
  const DepthwiseParams& p = *r.p;
  const intptr_t row_floats = static_cast<intptr_t>(p.in_width) * width * p.row_dilation;
  const float* w = r.w;
  for (int kh = 0; kh < r.taps; ++kh, first += row_floats) {
    if (kh == r.wrap_taps) first -= r.wrap_floats;
    for (int kw = 0; kw < p.kernel_width; ++kw, w += width) {
      const f32v weight = load(w);
      const int col = in_col + kw * p.col_dilation;
      const float* x = first + static_cast<intptr_t>(kw) * p.col_dilation * width;
#pragma GCC unroll 8
      for (int m = 0; m < pixels; ++m) {
        const bool is_inside =
            !is_edge || static_cast<uint32_t>(col + m * p.col_step) < static_cast<uint32_t>(p.in_width);
        const float* at = is_inside ? x + static_cast<intptr_t>(m) * p.col_step * width : kZeros;
        acc[m] = fma(load(at), weight, acc[m]);
      }
    }
  }
}

template <bool hard, int pixels>
CORACLE_INLINE void finish_pixels(const RowCall& r, f32v (&acc)[pixels], const float* residual, float* out) {
  const f32v low = r.low, high = r.high;
#pragma GCC unroll 8
  for (int m = 0; m < pixels; ++m) {
    if (residual) acc[m] += load(residual + m * f32v::width);
    acc[m] = clamp(acc[m], low, high);
    store(out + m * f32v::width, hard ? hard_swish(acc[m]) : acc[m]);
  }
}

template <int cols, int step, int pixels, bool is_edge>
void walk_pixels(const RowCall& r, const Walk& walk) {
  const float* x = walk.x;
  const float* residual = walk.residual;
  float* out = walk.out;
  for (int i = 0; i < walk.count; ++i, x += walk.x_step, out += walk.out_step) {
    f32v acc[pixels];
#pragma GCC unroll 8
    for (int m = 0; m < pixels; ++m) acc[m] = r.bias;
    if constexpr (cols > 0)
      fixed_pixels<cols, step, pixels, is_edge>(r, x, walk.in_col, acc);
    else
      any_pixels<pixels, is_edge>(r, x, walk.in_col, acc);
    if (r.hard_swish)
      finish_pixels<true, pixels>(r, acc, residual, out);
    else
      finish_pixels<false, pixels>(r, acc, residual, out);
    if (residual) residual += walk.out_step;
  }
}

using WalkFn = void (*)(const RowCall&, const Walk&);

template <int cols, int step, bool is_edge>
WalkFn walk_fn(int pixels) {
  static constexpr WalkFn table[] = {
    nullptr,
    walk_pixels<cols, step, 1, is_edge>,
    walk_pixels<cols, step, 2, is_edge>,
    walk_pixels<cols, step, 3, is_edge>,
    walk_pixels<cols, step, 4, is_edge>,
#if CORACLE_WIDTH == 16
    walk_pixels<cols, step, 5, is_edge>,
    walk_pixels<cols, step, 6, is_edge>,
    walk_pixels<cols, step, 7, is_edge>,
#endif
  };
  return table[pixels];
}

// Columns of taps left and right of the map.
struct Outside {
  int left, right;
};

Outside outside(const DepthwiseParams& p, int col, int pixels) {
  const int first = col * p.col_step - p.pad_left;
  const int last = first + (pixels - 1) * p.col_step + (p.kernel_width - 1) * p.col_dilation;
  return {max_int(0, -first), max_int(0, last + 1 - p.in_width)};
}

template <int cols, int step>
WalkFn walk_fn(const Outside& out, int pixels) {
  if (out.left == 0 && out.right == 0) return walk_fn<cols, step, false>(pixels);
  if (cols == 0 || out.left > kMargin || out.right > kMargin) return walk_fn<0, 0, true>(pixels);
  return walk_fn<cols, step, true>(pixels);
}

// Rows of outputs with the same taps, the first at x (its map's column 0) and out.
struct Rows {
  const float* x;
  float* out;
  const float* residual;
  int count;
  intptr_t x_row, out_row;
};

Walk walk_at(const DepthwiseParams& p, const Rows& rows, int col) {
  const intptr_t at = static_cast<intptr_t>(col) * f32v::width;
  const int in_col = col * p.col_step - p.pad_left;
  const float* x = rows.x + static_cast<intptr_t>(in_col) * f32v::width;
  return {x, rows.out + at, rows.residual ? rows.residual + at : nullptr, in_col, 1, 0, 0};
}

// Groups of nearly equal size; those of one row that need no look at the edges go in one call.
template <int cols, int step>
void run_along(const RowCall& r, const Rows& rows) {
  const DepthwiseParams& p = *r.p;
  for (int col = 0, left = ceil_div(p.out_width, kPixels); left > 0;) {
    const int pixels = ceil_div(p.out_width - col, left);
    const Outside out = outside(p, col, pixels);
    Walk walk = walk_at(p, rows, col);
    while (out.left == 0 && walk.count < left) {
      const int next = col + walk.count * pixels;
      if (ceil_div(p.out_width - next, left - walk.count) != pixels || outside(p, next, pixels).right > 0) break;
      ++walk.count;
    }
    walk.x_step = static_cast<intptr_t>(pixels) * p.col_step * f32v::width;
    walk.out_step = static_cast<intptr_t>(pixels) * f32v::width;
    walk_fn<cols, step>(out, pixels)(r, walk);
    col += walk.count * pixels;
    left -= walk.count;
  }
}

// The same groups, each down all rows at once: narrow maps are in L1, and calls are few.
template <int cols, int step>
void run_down(const RowCall& r, const Rows& rows) {
  const DepthwiseParams& p = *r.p;
  for (int col = 0, left = ceil_div(p.out_width, kPixels); left > 0; --left) {
    const int pixels = ceil_div(p.out_width - col, left);
    Walk walk = walk_at(p, rows, col);
    walk.count = rows.count;
    walk.x_step = rows.x_row;
    walk.out_step = rows.out_row;
    walk_fn<cols, step>(outside(p, col, pixels), pixels)(r, walk);
    col += pixels;
  }
}

constexpr int kNarrow = 32;

template <int cols, int step>
void run_rows(const RowCall& r, Rows rows) {
  if (r.p->in_width <= kNarrow) return run_down<cols, step>(r, rows);
  for (; rows.count > 0; --rows.count) {
    run_along<cols, step>(r, rows);
    rows.x += rows.x_row;
    rows.out += rows.out_row;
    if (rows.residual) rows.residual += rows.out_row;
  }
}

using RowsFn = void (*)(const RowCall&, Rows);

RowsFn rows_fn(const DepthwiseParams& p) {
  if (p.col_dilation == 1 && p.kernel_width == 3 && p.col_step == 1) return run_rows<3, 1>;
  if (p.col_dilation == 1 && p.kernel_width == 3 && p.col_step == 2) return run_rows<3, 2>;
  if (p.col_dilation == 1 && p.kernel_width == 5 && p.col_step == 1) return run_rows<5, 1>;
  if (p.col_dilation == 1 && p.kernel_width == 5 && p.col_step == 2) return run_rows<5, 2>;
  return run_rows<0, 0>;
}

// Rows first..last-1 of the kernel are inside the map for output row `row`.
struct Taps {
  int first, last;
};

Taps taps_of(const DepthwiseParams& p, int row) {
  const int in_row = row * p.row_step - p.pad_top;
  const int first = in_row < 0 ? min_int(ceil_div(-in_row, p.row_dilation), p.kernel_height) : 0;
  const int inside = in_row < p.in_height ? ceil_div(p.in_height - in_row, p.row_dilation) : 0;
  return {first, max_int(first, min_int(inside, p.kernel_height))};
}

// Rows row0..row1-1 of a plane, all with the same taps; in a ring, neighbours there too.
void run_alike(const DepthwiseParams& p, const DepthwisePlane& plane, int row0, int row1, const Taps& taps) {
  constexpr int width = f32v::width;
  const Epilogue e = make_epilogue(p.activation, p.a, p.b);
  const int in_row = row0 * p.row_step - p.pad_top + taps.first * p.row_dilation;
  const intptr_t in_floats = static_cast<intptr_t>(p.in_width) * width;
  const intptr_t out_floats = static_cast<intptr_t>(p.out_width) * width;
  const int slot = plane.ring_rows > 0 ? (in_row - plane.ring_first) % plane.ring_rows : in_row;
  const bool hard = e.after == CORACLE_ACT_HARD_SWISH;
  const RowCall r = {&p,
                     plane.w + static_cast<intptr_t>(taps.first) * p.kernel_width * width,
                     taps.last - taps.first,
                     plane.ring_rows > 0 ? plane.ring_rows - slot : -1,
                     plane.ring_rows * in_floats,
                     load(plane.bias),
                     set1(e.low),
                     set1(e.high),
                     hard};
  float* out = plane.out + row0 * out_floats;
  const Rows rows = {
      plane.x + slot * in_floats, out,       plane.residual ? plane.residual + row0 * out_floats : nullptr, row1 - row0,
      in_floats * p.row_step,     out_floats};
  const bool is_later = e.after != CORACLE_ACT_NONE && !hard;
  if (is_later && p.in_width > kNarrow && rows.count > 1) {
    for (int row = row0; row < row1; ++row) run_alike(p, plane, row, row + 1, taps);
    return;
  }
  rows_fn(p)(r, rows);
  if (is_later) activate_stored(e, out, p.out_width * rows.count, 1, width, 0, width);
}

}  // namespace

void depthwise_rows(const DepthwiseParams& p, const DepthwisePlane& plane, int row0, int row1) {
  const bool is_ring = plane.ring_rows > 0;
  for (int row = row0, next; row < row1; row = next) {
    const Taps taps = taps_of(p, row);
    const int in_row = row * p.row_step - p.pad_top + taps.first - plane.ring_first;
    const int slots = is_ring ? in_row % plane.ring_rows + taps.last - taps.first : 0;
    for (next = row + 1; next < row1; ++next) {
      const Taps other = taps_of(p, next);
      if (other.first != taps.first || other.last != taps.last) break;
      if (is_ring && slots + (next - row) * p.row_step > plane.ring_rows) break;
    }
    run_alike(p, plane, row, next, taps);
  }
}

// One task is a strip of rows of one channel block of one image.
// args: x, weights [block][kh][kw][lane], bias padded to whole blocks, out, residual (has_residual).
void f32_depthwise(const coracle_call* call, int32_t begin, int32_t end) {
  constexpr int width = f32v::width;
  const DepthwiseParams& p = params<DepthwiseParams>(call);
  const int strips = ceil_div(p.out_height, p.strip_rows);
  const intptr_t in_plane = static_cast<intptr_t>(p.in_height) * p.in_width * width;
  const intptr_t out_plane = static_cast<intptr_t>(p.out_height) * p.out_width * width;
  const intptr_t taps = static_cast<intptr_t>(p.kernel_height) * p.kernel_width * width;
  for (int task = begin; task < end; ++task) {
    const int index = task / strips, block = index % p.blocks;
    const DepthwisePlane plane = {arg<const float>(call, 0) + index * in_plane,
                                  0,
                                  0,
                                  arg<const float>(call, 1) + block * taps,
                                  arg<const float>(call, 2) + block * width,
                                  p.has_residual ? arg<const float>(call, 4) + index * out_plane : nullptr,
                                  arg<float>(call, 3) + index * out_plane};
    const int row0 = task % strips * p.strip_rows;
    depthwise_rows(p, plane, row0, min_int(row0 + p.strip_rows, p.out_height));
  }
}

// args: weights [channels, 1, kh, kw], out [block][kh][kw][lane], zero beyond the last channel.
// params: channels, kh * kw.
void f32_depthwise_pack(const coracle_call* call, int32_t begin, int32_t end) {
  const int channels = call->params[0], taps = call->params[1];
  const float* w = arg<const float>(call, 0);
  for (int block = begin; block < end; ++block) {
    float* out = arg<float>(call, 1) + static_cast<intptr_t>(block) * taps * f32v::width;
    for (int tap = 0; tap < taps; ++tap) {
      for (int lane = 0; lane < f32v::width; ++lane) {
        const int channel = block * f32v::width + lane;
        *out++ = channel < channels ? w[static_cast<intptr_t>(channel) * taps + tap] : 0.0f;
      }
    }
  }
}

}  // namespace coracle::CORACLE_ISA
