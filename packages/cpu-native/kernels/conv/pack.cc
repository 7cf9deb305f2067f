// Weights into the order in which tiles read them: [group][tile of channel blocks][input block][tap][input][lane].
#include "kernels/conv/tile_shape.h"
#include "kernels/conv/tools.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: weights, out. Weight (oc, ic, tap) of a group is at group * group_stride + oc * oc_stride + ic * ic_stride +
// taps[tap]; the taps follow the struct: kernel row by row. planar: a row's taps are the inputs of one product run,
// blocks are single channels. half_last: the last block gets 8 lanes. One task is one channel tile of one group.
struct PackParams {
  int32_t groups, out_channels, in_channels, row_taps, col_taps, planar, half_last;
  int32_t group_stride, oc_stride, ic_stride;
};

struct Packer {
  const PackParams& p;
  const int32_t* taps;
  const float* w;
  float* out;
  int first, channels, lanes;

  // Every output channel of the tile for one input channel and tap.
  void product(int ic, int tap) {
    const float* source = w + static_cast<intptr_t>(ic) * p.ic_stride + taps[tap];
    for (int i = 0; i < channels; ++i) out[i] = source[static_cast<intptr_t>(first + i) * p.oc_stride];
    for (int i = channels; i < lanes; ++i) out[i] = 0;
    out += lanes;
  }

  void blocked() {
    const int taps_total = p.row_taps * p.col_taps;
    for (int block = 0; block < p.in_channels; block += f32v::width) {
      const int stop = min_int(block + f32v::width, p.in_channels);
      for (int tap = 0; tap < taps_total; ++tap)
        for (int ic = block; ic < stop; ++ic) product(ic, tap);
    }
  }

  void planar() {
    const int taps_total = p.row_taps * p.col_taps;
    for (int ic = 0; ic < p.in_channels; ++ic)
      for (int tap = 0; tap < taps_total; ++tap) product(ic, tap);
  }
};

// args: vector, out. Groups of `channels` floats, each `repeat` times, become groups of `padded`, filled up with zeros.
struct PadParams {
  int32_t groups, channels, padded, repeat;
};

}  // namespace

void f32_conv_pack(const coracle_call* call, int32_t begin, int32_t end) {
  const PackParams& p = params<PackParams>(call);
  const int blocks = ceil_div(p.out_channels, f32v::width), tiles = ceil_div(blocks, kTileVectors);
  const intptr_t products = static_cast<intptr_t>(p.row_taps) * p.col_taps * p.in_channels;
  for (int task = begin; task < end; ++task) {
    const int group = task / tiles, first_block = task % tiles * kTileVectors;
    const int first = first_block * f32v::width;
    const int vectors = min_int(kTileVectors, blocks - first_block);
    const int lanes = vectors * f32v::width - (p.half_last && first_block + vectors == blocks ? kHalfLanes : 0);
    const intptr_t group_lanes = blocks * f32v::width - (p.half_last ? kHalfLanes : 0);
    Packer packer = {p,
                     call->params + sizeof(PackParams) / sizeof(int32_t),
                     arg<const float>(call, 0) + static_cast<intptr_t>(group) * p.group_stride,
                     arg<float>(call, 1) + (group * group_lanes + first) * products,
                     first,
                     min_int(lanes, p.out_channels - first),
                     lanes};
    if (p.planar)
      packer.planar();
    else
      packer.blocked();
  }
}

void f32_pad_vector(const coracle_call* call, int32_t begin, int32_t end) {
  const PadParams& p = params<PadParams>(call);
  for (int group = begin; group < end; ++group) {
    const float* source = arg<const float>(call, 0) + static_cast<intptr_t>(group) * p.channels;
    float* out = arg<float>(call, 1) + static_cast<intptr_t>(group) * p.padded;
    for (int i = 0; i < p.padded; ++i) out[i] = i < p.channels * p.repeat ? source[i / p.repeat] : 0.0f;
  }
}

}  // namespace coracle::CORACLE_ISA
