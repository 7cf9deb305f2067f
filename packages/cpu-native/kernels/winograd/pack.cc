// Weights [out channel][in channel][row tap][column tap] transformed, in the tiles' order:
// [tile of out channels][plane][in channel][lane].
#include "kernels/winograd/blocks.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: weights, out. One task is one tile of output channels.
struct WinogradPackParams {
  int32_t scheme, out_channels, in_channels;
};

constexpr int kMaxWindow = 25, kMaxSize = 12;

// One vector of output channels; those that do not exist are zero.
struct Lanes {
  double values[kMaxWindow][f32v::width];

  void load(const float* w, intptr_t channel_stride, int channels, int window) {
    for (int i = 0; i < window; ++i)
#pragma GCC unroll 1
      for (int lane = 0; lane < f32v::width; ++lane)
        values[i][lane] = lane < channels ? w[lane * channel_stride + i] : 0;
  }
};

CORACLE_INLINE void add_scaled(double* to, double scale, const double* from) {
  for (int i = 0; i < f32v::width; ++i) to[i] += scale * from[i];
}

// Each plane's lanes to out + plane * plane_stride.
void transform_taps(const Scheme& s, const Lanes& lanes, float* out, intptr_t plane_stride) {
  for (int row = 0; row < s.row_size; ++row) {
    double by_row[kMaxSize][f32v::width] = {};
    for (int col = 0; col < s.col_taps; ++col)
      for (int tap = 0; tap < s.row_taps; ++tap)
        add_scaled(by_row[col], s.row_matrix[row * s.row_taps + tap], lanes.values[tap * s.col_taps + col]);
    for (int col = 0; col < s.col_size; ++col, out += plane_stride) {
      double sum[f32v::width] = {};
      for (int tap = 0; tap < s.col_taps; ++tap) add_scaled(sum, s.col_matrix[col * s.col_taps + tap], by_row[tap]);
      for (int i = 0; i < f32v::width; ++i) out[i] = static_cast<float>(sum[i]);
    }
  }
}

void pack_tile(const WinogradPackParams& p, const float* w, float* out, int first_block) {
  constexpr int width = f32v::width;
  const Scheme scheme = scheme_of(p.scheme);
  const int window = scheme.row_taps * scheme.col_taps;
  const int vectors = min_int(kTileVectors, ceil_div(p.out_channels, width) - first_block);
  const intptr_t channel_stride = static_cast<intptr_t>(p.in_channels) * window;
  const intptr_t plane_stride = static_cast<intptr_t>(p.in_channels) * vectors * width;
  out += static_cast<intptr_t>(first_block) * width * scheme.planes() * p.in_channels;
  Lanes lanes;
  for (int ic = 0; ic < p.in_channels; ++ic) {
    for (int v = 0; v < vectors; ++v) {
      const int first = (first_block + v) * width, channels = min_int(width, p.out_channels - first);
      lanes.load(w + first * channel_stride + ic * window, channel_stride, channels, window);
      transform_taps(scheme, lanes, out + (static_cast<intptr_t>(ic) * vectors + v) * width, plane_stride);
    }
  }
}

}  // namespace

void f32_winograd_pack(const coracle_call* call, int32_t begin, int32_t end) {
  const WinogradPackParams& p = params<WinogradPackParams>(call);
  for (int task = begin; task < end; ++task)
    pack_tile(p, arg<const float>(call, 0), arg<float>(call, 1), task * kTileVectors);
}

}  // namespace coracle::CORACLE_ISA
