#include "kernels/conv/tile.h"

namespace coracle::CORACLE_ISA {

const TileFn* conv_tiles_two(intptr_t pixel_stride) {
  switch (pixel_stride) {
    case f32v::width: return TileTable<2, f32v::width>::fn;
    case 2 * f32v::width: return TileTable<2, 2 * f32v::width>::fn;
    case 2: return TileTable<2, 2>::fn;
    default: return TileTable<2, 0>::fn;
  }
}

}  // namespace coracle::CORACLE_ISA
