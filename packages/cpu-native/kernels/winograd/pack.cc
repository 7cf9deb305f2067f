// Weights [out channel][in channel][3][3] transformed, in the tiles' order:
// [tile of out channels][plane][in channel][lane].
#include "kernels/conv/tile_shape.h"
#include "kernels/conv/tools.h"
#include "kernels/winograd/transform.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: weights, out. One task is one tile of output channels.
struct WinogradPackParams {
  int32_t outputs, out_channels, in_channels;
};

constexpr int kWindow = kTaps * kTaps;

// One vector of output channels; those that do not exist are zero.
struct Lanes {
  double values[kWindow][f32v::width];

  void load(const float* w, intptr_t channel_stride, int channels) {
    for (int i = 0; i < kWindow; ++i)
      for (int lane = 0; lane < f32v::width; ++lane)
        values[i][lane] = lane < channels ? w[lane * channel_stride + i] : 0;
  }
};

// Each plane's lanes to out + plane * plane_stride.
template <int outputs>
void transform_taps(const Lanes& lanes, float* out, intptr_t plane_stride) {
  constexpr int size = transformed_size(outputs), width = f32v::width;
  constexpr auto& g = Filtering<outputs>::taps;
  double by_row[size][kTaps][width];
  for (int row = 0; row < size; ++row) {
    for (int col = 0; col < kTaps; ++col) {
      for (int i = 0; i < width; ++i) {
        by_row[row][col][i] = g[row][0] * lanes.values[col][i] + g[row][1] * lanes.values[kTaps + col][i] +
                              g[row][2] * lanes.values[2 * kTaps + col][i];
      }
    }
  }
  for (int row = 0; row < size; ++row) {
    for (int col = 0; col < size; ++col, out += plane_stride) {
      for (int i = 0; i < width; ++i) {
        out[i] = static_cast<float>(g[col][0] * by_row[row][0][i] + g[col][1] * by_row[row][1][i] +
                                    g[col][2] * by_row[row][2][i]);
      }
    }
  }
}

template <int outputs>
void pack_tile(const WinogradPackParams& p, const float* w, float* out, int first_block, int vectors) {
  constexpr int width = f32v::width;
  const intptr_t channel_stride = static_cast<intptr_t>(p.in_channels) * kWindow;
  const intptr_t plane_stride = static_cast<intptr_t>(p.in_channels) * vectors * width;
  Lanes lanes;
  for (int ic = 0; ic < p.in_channels; ++ic) {
    for (int v = 0; v < vectors; ++v) {
      const int first = (first_block + v) * width;
      lanes.load(w + first * channel_stride + ic * kWindow, channel_stride, min_int(width, p.out_channels - first));
      transform_taps<outputs>(lanes, out + (static_cast<intptr_t>(ic) * vectors + v) * width, plane_stride);
    }
  }
}

}  // namespace

void f32_winograd_pack(const coracle_call* call, int32_t begin, int32_t end) {
  const WinogradPackParams& p = params<WinogradPackParams>(call);
  const int blocks = ceil_div(p.out_channels, f32v::width);
  const int planes = transformed_size(p.outputs) * transformed_size(p.outputs);
  for (int task = begin; task < end; ++task) {
    const int first_block = task * kTileVectors, vectors = min_int(kTileVectors, blocks - first_block);
    const float* w = arg<const float>(call, 0);
    float* out = arg<float>(call, 1) + static_cast<intptr_t>(first_block) * f32v::width * planes * p.in_channels;
    if (p.outputs == 4)
      pack_tile<4>(p, w, out, first_block, vectors);
    else
      pack_tile<2>(p, w, out, first_block, vectors);
  }
}

}  // namespace coracle::CORACLE_ISA
