// Row-major convolution for groups of any size: vectors run along the output row. A strip of the group's input goes
// to scratch, zero-padded and with the columns sorted by their remainder to the stride, so every tap reads on end.
#include "kernels/conv/epilogue.h"
#include "kernels/conv/tools.h"

namespace coracle::CORACLE_ISA {
namespace {

constexpr int kChannels = 4, kVectors = 2;

// args: x, w [groups * out_channels, in_channels, kh, kw], out, bias (has_bias), residual (has_residual, after bias).
// Channels are of one group. phase_width: floats kept of one remainder, with a vector's slack at the row's end.
struct PlanarParams {
  int32_t batch, groups, in_channels, out_channels;
  int32_t in_height, in_width, out_height, out_width, kernel_height, kernel_width;
  int32_t row_step, col_step, row_dilation, col_dilation, pad_top, pad_left;
  int32_t strip_rows, phase_width, has_bias, has_residual;
  int32_t activation;
  float a, b;
};

struct Rows {
  int first, last;
};

int strip_height(const PlanarParams& p) {
  return (p.strip_rows - 1) * p.row_step + (p.kernel_height - 1) * p.row_dilation + 1;
}

void sort_row(const PlanarParams& p, const float* x, float* out) {
  for (int phase = 0; phase < p.col_step; ++phase, out += p.phase_width) {
    for (int i = 0; i < p.phase_width; ++i) {
      const int col = i * p.col_step + phase - p.pad_left;
      out[i] = col >= 0 && col < p.in_width ? x[col] : 0.0f;
    }
  }
}

void copy_row(const PlanarParams& p, const float* x, float* out) {
  const int left = min_int(p.pad_left, p.phase_width), count = clamp_int(p.in_width, 0, p.phase_width - left);
  memset(out, 0, sizeof(float) * left);
  memcpy(out + left, x, sizeof(float) * count);
  memset(out + left + count, 0, sizeof(float) * (p.phase_width - left - count));
}

void load_strip(const PlanarParams& p, const float* x, int first_row, float* scratch) {
  const int height = strip_height(p), row_floats = p.phase_width * p.col_step;
  for (int ic = 0; ic < p.in_channels; ++ic) {
    for (int row = 0; row < height; ++row, scratch += row_floats) {
      const int in_row = first_row * p.row_step - p.pad_top + row;
      const float* source = x + (static_cast<intptr_t>(ic) * p.in_height + in_row) * p.in_width;
      if (in_row < 0 || in_row >= p.in_height)
        memset(scratch, 0, sizeof(float) * row_floats);
      else if (p.col_step == 1)
        copy_row(p, source, scratch);
      else
        sort_row(p, source, scratch);
    }
  }
}

// channels output channels x kVectors vectors of one output row.
template <int channels>
CORACLE_INLINE void planar_tile(const PlanarParams& p, const float* x, const float* w,
                                f32v (&acc)[channels][kVectors]) {
  const intptr_t row_floats = static_cast<intptr_t>(p.phase_width) * p.col_step;
  const intptr_t weights = static_cast<intptr_t>(p.in_channels) * p.kernel_height * p.kernel_width;
  for (int ic = 0; ic < p.in_channels; ++ic, x += strip_height(p) * row_floats) {
    for (int kh = 0; kh < p.kernel_height; ++kh) {
      const float* x_row = x + kh * p.row_dilation * row_floats;
      for (int kw = 0; kw < p.kernel_width; ++kw, ++w) {
        const int col = kw * p.col_dilation;
        const float* at = x_row + col % p.col_step * p.phase_width + col / p.col_step;
        f32v input[kVectors];
        for (int v = 0; v < kVectors; ++v) input[v] = load(at + v * f32v::width);
#pragma GCC unroll 4
        for (int c = 0; c < channels; ++c) {
          const f32v weight = set1(w[c * weights]);
#pragma GCC unroll 2
          for (int v = 0; v < kVectors; ++v) acc[c][v] = fma(weight, input[v], acc[c][v]);
        }
      }
    }
  }
}

struct PlanarOut {
  const float* bias;
  const float* residual;
  float* out;
  intptr_t channel_stride;
  int count;
};

template <int channels>
CORACLE_INLINE void planar_row(const PlanarParams& p, const Epilogue& e, const float* x, const float* w,
                               const PlanarOut& to) {
  f32v acc[channels][kVectors];
  for (int c = 0; c < channels; ++c)
    for (int v = 0; v < kVectors; ++v) acc[c][v] = to.bias ? set1(to.bias[c]) : zero();
  planar_tile<channels>(p, x, w, acc);
  const f32v low = set1(e.low), high = set1(e.high), a = set1(e.a), b = set1(e.b);
  for (int c = 0; c < channels; ++c) {
    for (int v = 0; v < kVectors; ++v) {
      const int lanes = min_int(to.count - v * f32v::width, f32v::width);
      if (lanes <= 0) break;
      const intptr_t at = c * to.channel_stride + v * f32v::width;
      f32v y = acc[c][v];
      if (to.residual) y += load_n(to.residual + at, lanes);
      y = clamp(y, low, high);
      if (e.after != CORACLE_ACT_NONE) y = activate(y, e.after, a, b);
      store_n(to.out + at, y, lanes);
    }
  }
}

// Every output channel of one group in the rows of one strip.
void planar_strip(const PlanarParams& p, const coracle_call* call, int image, int group, Rows rows) {
  const Epilogue e = make_epilogue(p.activation, p.a, p.b);
  const float* scratch = static_cast<const float*>(call->scratch);
  const intptr_t weights = static_cast<intptr_t>(p.in_channels) * p.kernel_height * p.kernel_width;
  const intptr_t plane = static_cast<intptr_t>(p.out_height) * p.out_width;
  const int step = kVectors * f32v::width;
  for (int oc = 0; oc < p.out_channels; oc += kChannels) {
    const intptr_t channel = static_cast<intptr_t>(group) * p.out_channels + oc;
    const intptr_t channel_at = (static_cast<intptr_t>(image) * p.groups * p.out_channels + channel) * plane;
    const float* w = arg<const float>(call, 1) + channel * weights;
    for (int row = rows.first; row < rows.last; ++row) {
      const float* x = scratch + static_cast<intptr_t>(row - rows.first) * p.row_step * p.phase_width * p.col_step;
      for (int col = 0; col < p.out_width; col += step) {
        const intptr_t at = channel_at + static_cast<intptr_t>(row) * p.out_width + col;
        const PlanarOut to = {p.has_bias ? arg<const float>(call, 3) + channel : nullptr,
                              p.has_residual ? arg<const float>(call, 4) + at : nullptr, arg<float>(call, 2) + at,
                              plane, p.out_width - col};
        switch (min_int(p.out_channels - oc, kChannels)) {
          case 1: planar_row<1>(p, e, x + col, w, to); break;
          case 2: planar_row<2>(p, e, x + col, w, to); break;
          case 3: planar_row<3>(p, e, x + col, w, to); break;
          default: planar_row<4>(p, e, x + col, w, to); break;
        }
      }
    }
  }
}

}  // namespace

// One task is one strip of rows of one group of one image.
void f32_conv_planar(const coracle_call* call, int32_t begin, int32_t end) {
  const PlanarParams& p = params<PlanarParams>(call);
  const int strips = ceil_div(p.out_height, p.strip_rows);
  const intptr_t image_floats = static_cast<intptr_t>(p.in_channels) * p.in_height * p.in_width;
  for (int task = begin; task < end; ++task) {
    const int first = task % strips * p.strip_rows, plane = task / strips;
    load_strip(p, arg<const float>(call, 0) + plane * image_floats, first, static_cast<float*>(call->scratch));
    planar_strip(p, call, plane / p.groups, plane % p.groups, {first, min_int(first + p.strip_rows, p.out_height)});
  }
}

}  // namespace coracle::CORACLE_ISA
