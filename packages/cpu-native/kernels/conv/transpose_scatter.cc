// Row-major transposed convolution for groups of any size: every input pixel adds its filter to the output plane.
#include "kernels/conv/epilogue.h"
#include "kernels/conv/tools.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x, w [groups * in_channels, out_channels, kh, kw], out, bias (has_bias). Channels are of one group.
struct ScatterParams {
  int32_t batch, groups, in_channels, out_channels;
  int32_t in_height, in_width, out_height, out_width, kernel_height, kernel_width;
  int32_t row_step, col_step, row_dilation, col_dilation, pad_top, pad_left;
  int32_t has_bias, activation;
  float a, b;
};

// Inputs i with 0 <= i * step + offset < extent.
struct Inputs {
  int first, last;
};

Inputs inputs_within(int offset, int step, int inputs, int extent) {
  const int first = offset < 0 ? ceil_div(-offset, step) : 0;
  const int last = offset < extent ? ceil_div(extent - offset, step) : 0;
  return {first, min_int(inputs, last)};
}

void add_tap(const ScatterParams& p, const float* x, float weight, int kh, int kw, float* out) {
  const int row_offset = kh * p.row_dilation - p.pad_top, col_offset = kw * p.col_dilation - p.pad_left;
  const Inputs rows = inputs_within(row_offset, p.row_step, p.in_height, p.out_height);
  const Inputs cols = inputs_within(col_offset, p.col_step, p.in_width, p.out_width);
  for (int row = rows.first; row < rows.last; ++row) {
    const float* from = x + static_cast<intptr_t>(row) * p.in_width;
    float* to = out + static_cast<intptr_t>(row * p.row_step + row_offset) * p.out_width + col_offset;
    for (int col = cols.first; col < cols.last; ++col) {
      to[static_cast<intptr_t>(col) * p.col_step] += weight * from[col];
    }
  }
}

}  // namespace

// One task is one output plane.
void f32_conv_transpose_scatter(const coracle_call* call, int32_t begin, int32_t end) {
  const ScatterParams& p = params<ScatterParams>(call);
  const Epilogue e = make_epilogue(p.activation, p.a, p.b);
  const intptr_t in_plane = static_cast<intptr_t>(p.in_height) * p.in_width;
  const intptr_t out_plane = static_cast<intptr_t>(p.out_height) * p.out_width;
  const int taps = p.kernel_height * p.kernel_width, channels = p.groups * p.out_channels;
  for (int task = begin; task < end; ++task) {
    const int image = task / channels, channel = task % channels;
    const int group = channel / p.out_channels, oc = channel % p.out_channels;
    float* out = arg<float>(call, 2) + task * out_plane;
    const float* image_x =
        arg<const float>(call, 0) + static_cast<intptr_t>(image) * p.groups * p.in_channels * in_plane;
    const float bias = p.has_bias ? arg<const float>(call, 3)[channel] : 0.0f;
    for (intptr_t i = 0; i < out_plane; ++i) out[i] = bias;
    for (int ic = 0; ic < p.in_channels; ++ic) {
      const intptr_t in_channel = static_cast<intptr_t>(group) * p.in_channels + ic;
      const float* x = image_x + in_channel * in_plane;
      const float* w = arg<const float>(call, 1) + (in_channel * p.out_channels + oc) * taps;
      for (int tap = 0; tap < taps; ++tap) add_tap(p, x, w[tap], tap / p.kernel_width, tap % p.kernel_width, out);
    }
    for (intptr_t i = 0; i < out_plane; i += f32v::width) {
      const int lanes = out_plane - i < f32v::width ? static_cast<int>(out_plane - i) : f32v::width;
      f32v y = clamp(load_n(out + i, lanes), set1(e.low), set1(e.high));
      if (e.after != CORACLE_ACT_NONE) y = activate(y, e.after, set1(e.a), set1(e.b));
      store_n(out + i, y, lanes);
    }
  }
}

}  // namespace coracle::CORACLE_ISA
