#include "kernels/conv/tile_half.h"

namespace coracle::CORACLE_ISA {

#if CORACLE_WIDTH == 16
namespace {

template <int full>
const TileFn* half_tiles(intptr_t pixel_stride) {
  switch (pixel_stride) {
    case f32v::width: return HalfTable<full, f32v::width>::fn;
    case 2 * f32v::width: return HalfTable<full, 2 * f32v::width>::fn;
    case 2: return HalfTable<full, 2>::fn;
    default: return HalfTable<full, 0>::fn;
  }
}

}  // namespace

const TileFn* conv_tiles_half(int vectors, intptr_t pixel_stride) {
  return vectors == 1 ? half_tiles<0>(pixel_stride) : half_tiles<1>(pixel_stride);
}
#else
const TileFn* conv_tiles_half(int, intptr_t) { return nullptr; }
#endif

}  // namespace coracle::CORACLE_ISA
