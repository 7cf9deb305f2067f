// Depthwise convolution over blocked maps, channel multiplier 1: neighbouring outputs of a row share their inputs
// in registers; taps outside the map are left out by rows and read as zero by columns.
#include "kernels/conv/epilogue.h"
#include "kernels/conv/tools.h"

namespace coracle::CORACLE_ISA {
namespace {

#if CORACLE_WIDTH == 16
constexpr int kPixels = 7;
#else
constexpr int kPixels = 4;
#endif

// args: x, weights [block][kh][kw][lane], bias padded to whole blocks, out, residual (has_residual).
struct DepthwiseParams {
  int32_t batch, blocks, in_height, in_width, out_height, out_width, kernel_height, kernel_width;
  int32_t row_step, col_step, row_dilation, col_dilation, pad_top, pad_left;
  int32_t strip_rows, has_residual, activation;
  float a, b;
};

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

// One row of outputs: taps kh0..kh1-1 are inside; x is input row kh0's first pixel, w tap row kh0.
struct RowCall {
  const DepthwiseParams* p;
  const float* x;
  const float* w;
  int taps;
  f32v bias;
};

// Kernel width and column step are constants; dilation is 1.
template <int cols, int step, int pixels, bool is_edge>
CORACLE_INLINE void fixed_pixels(const RowCall& r, int in_col, f32v (&acc)[pixels]) {
  constexpr int width = f32v::width, inputs = (pixels - 1) * step + cols;
  const intptr_t row_floats = static_cast<intptr_t>(r.p->in_width) * width * r.p->row_dilation;
  const float* x = r.x + static_cast<intptr_t>(in_col) * width;
  const float* w = r.w;
  for (int kh = 0; kh < r.taps; ++kh, x += row_floats, w += cols * width) {
    f32v input[inputs];
#pragma GCC unroll 20
    for (int i = 0; i < inputs; ++i) {
      const bool inside = !is_edge || static_cast<uint32_t>(in_col + i) < static_cast<uint32_t>(r.p->in_width);
      const float* at = x + i * width;
      if (is_edge) at = inside ? at : kZeros;
      input[i] = in_register(load(at));
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
CORACLE_INLINE void any_pixels(const RowCall& r, int in_col, f32v (&acc)[pixels]) {
  constexpr int width = f32v::width;
  const DepthwiseParams& p = *r.p;
  const intptr_t row_floats = static_cast<intptr_t>(p.in_width) * width * p.row_dilation;
  const float* w = r.w;
  for (int kh = 0; kh < r.taps; ++kh) {
    for (int kw = 0; kw < p.kernel_width; ++kw, w += width) {
      const f32v weight = load(w);
      const int col = in_col + kw * p.col_dilation;
      const float* x = r.x + kh * row_floats + static_cast<intptr_t>(col) * width;
#pragma GCC unroll 8
      for (int m = 0; m < pixels; ++m) {
        const bool inside =
            !is_edge || static_cast<uint32_t>(col + m * p.col_step) < static_cast<uint32_t>(p.in_width);
        const float* at = inside ? x + static_cast<intptr_t>(m) * p.col_step * width : kZeros;
        acc[m] = fma(load(at), weight, acc[m]);
      }
    }
  }
}

struct Output {
  float* out;
  const float* residual;
  f32v low, high;
};

// `count` neighbouring groups of `pixels` outputs; in_col is the first tap of the first.
template <int cols, int step, int pixels, bool is_edge>
void pixels_of_row(const RowCall& r, int in_col, int count, const Output& to) {
  const int col_step = step ? step : r.p->col_step;
  float* out = to.out;
  const float* residual = to.residual;
  const f32v low = to.low, high = to.high;
  for (; count > 0; --count, in_col += pixels * col_step, out += pixels * f32v::width) {
    f32v acc[pixels];
#pragma GCC unroll 8
    for (int m = 0; m < pixels; ++m) acc[m] = r.bias;
    if constexpr (cols > 0) fixed_pixels<cols, step, pixels, is_edge>(r, in_col, acc);
    else any_pixels<pixels, is_edge>(r, in_col, acc);
#pragma GCC unroll 8
    for (int m = 0; m < pixels; ++m) {
      if (residual) acc[m] += load(residual + m * f32v::width);
      store(out + m * f32v::width, clamp(acc[m], low, high));
    }
    if (residual) residual += pixels * f32v::width;
  }
}

using PixelsFn = void (*)(const RowCall&, int, int, const Output&);

template <int cols, int step, bool is_edge>
PixelsFn pixels_fn(int pixels) {
  static constexpr PixelsFn table[] = {
      nullptr,
      pixels_of_row<cols, step, 1, is_edge>,
      pixels_of_row<cols, step, 2, is_edge>,
      pixels_of_row<cols, step, 3, is_edge>,
      pixels_of_row<cols, step, 4, is_edge>,
#if CORACLE_WIDTH == 16
      pixels_of_row<cols, step, 5, is_edge>,
      pixels_of_row<cols, step, 6, is_edge>,
      pixels_of_row<cols, step, 7, is_edge>,
#endif
  };
  return table[pixels];
}

bool is_inside(const DepthwiseParams& p, int col, int pixels) {
  const int first = col * p.col_step - p.pad_left;
  const int last = first + (pixels - 1) * p.col_step + (p.kernel_width - 1) * p.col_dilation;
  return first >= 0 && last < p.in_width;
}

// Groups of nearly equal size; those that need no look at the edges go in one call.
template <int cols, int step>
void run_row(const RowCall& r, Output to) {
  const DepthwiseParams& p = *r.p;
  for (int col = 0, left = ceil_div(p.out_width, kPixels); left > 0;) {
    const int pixels = ceil_div(p.out_width - col, left);
    int count = 1;
    const bool inside = is_inside(p, col, pixels);
    if (inside) {
      while (count < left && ceil_div(p.out_width - col - count * pixels, left - count) == pixels &&
             is_inside(p, col + count * pixels, pixels)) {
        ++count;
      }
    }
    const intptr_t at = static_cast<intptr_t>(col) * f32v::width;
    const Output here = {to.out + at, to.residual ? to.residual + at : nullptr, to.low, to.high};
    const PixelsFn fn = inside ? pixels_fn<cols, step, false>(pixels) : pixels_fn<cols, step, true>(pixels);
    fn(r, col * p.col_step - p.pad_left, count, here);
    col += count * pixels;
    left -= count;
  }
}

using RowFn = void (*)(const RowCall&, Output);

RowFn row_fn(const DepthwiseParams& p) {
  if (p.col_dilation == 1 && p.kernel_width == 3 && p.col_step == 1) return run_row<3, 1>;
  if (p.col_dilation == 1 && p.kernel_width == 3 && p.col_step == 2) return run_row<3, 2>;
  if (p.col_dilation == 1 && p.kernel_width == 5 && p.col_step == 1) return run_row<5, 1>;
  if (p.col_dilation == 1 && p.kernel_width == 5 && p.col_step == 2) return run_row<5, 2>;
  return run_row<0, 0>;
}

void run_strip(const DepthwiseParams& p, const coracle_call* call, int plane, int row0, int row1) {
  constexpr int width = f32v::width;
  const Epilogue e = make_epilogue(p.activation, p.a, p.b);
  const RowFn fn = row_fn(p);
  const int block = plane % p.blocks;
  const intptr_t in_row_floats = static_cast<intptr_t>(p.in_width) * width;
  const intptr_t out_row_floats = static_cast<intptr_t>(p.out_width) * width;
  const float* x = arg<const float>(call, 0) + plane * in_row_floats * p.in_height;
  const float* w = arg<const float>(call, 1) + static_cast<intptr_t>(block) * p.kernel_height * p.kernel_width * width;
  const f32v bias = load(arg<const float>(call, 2) + block * width);
  for (int row = row0; row < row1; ++row) {
    const int in_row = row * p.row_step - p.pad_top;
    const int kh0 = in_row < 0 ? min_int(ceil_div(-in_row, p.row_dilation), p.kernel_height) : 0;
    const int inside = in_row < p.in_height ? ceil_div(p.in_height - in_row, p.row_dilation) : 0;
    const int kh1 = max_int(kh0, min_int(inside, p.kernel_height));
    const intptr_t first_row = in_row + static_cast<intptr_t>(kh0) * p.row_dilation;
    const RowCall r = {&p, x + first_row * in_row_floats, w + kh0 * p.kernel_width * width, kh1 - kh0, bias};
    const intptr_t at = (static_cast<intptr_t>(plane) * p.out_height + row) * out_row_floats;
    float* out = arg<float>(call, 3) + at;
    fn(r, {out, p.has_residual ? arg<const float>(call, 4) + at : nullptr, set1(e.low), set1(e.high)});
    if (e.after != CORACLE_ACT_NONE) activate_stored(e, out, p.out_width, 1, width, 0, width);
  }
}

}  // namespace

// One task is a strip of rows of one channel block of one image.
void f32_depthwise(const coracle_call* call, int32_t begin, int32_t end) {
  const DepthwiseParams& p = params<DepthwiseParams>(call);
  const int strips = ceil_div(p.out_height, p.strip_rows);
  for (int task = begin; task < end; ++task) {
    const int row0 = task % strips * p.strip_rows;
    run_strip(p, call, task / strips, row0, min_int(row0 + p.strip_rows, p.out_height));
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
