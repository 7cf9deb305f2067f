// A finished tile to a row-major output: each lane to a plane of its own.
#pragma once
#include "kernels/conv/tile_shape.h"

namespace coracle::CORACLE_ISA {
namespace {

struct SpreadTile {
  alignas(64) float data[kTileVectors * kTileRows * f32v::width];
};

constexpr intptr_t kSpreadVector = static_cast<intptr_t>(kTileRows) * f32v::width;

// offsets: where each of the tile's lanes begins in out; pixel_stride: floats between its pixels there.
__attribute__((noinline, unused)) void spread_tile(const SpreadTile& tile, const int32_t* offsets, int lanes,
                                                   int pixels, float* out, intptr_t pixel_stride) {
  for (int lane = 0; lane < lanes; ++lane) {
    const float* from = tile.data + lane / f32v::width * kSpreadVector + lane % f32v::width;
    float* to = out + offsets[lane];
    for (int m = 0; m < pixels; ++m) to[m * pixel_stride] = from[m * f32v::width];
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
