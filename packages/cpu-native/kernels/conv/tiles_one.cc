#include "kernels/conv/tile.h"

namespace coracle::CORACLE_ISA {

const TileFn* conv_tiles_one(intptr_t pixel_stride) {
  switch (pixel_stride) {
    case f32v::width: return TileTable<1, f32v::width>::fn;
    case 2 * f32v::width: return TileTable<1, 2 * f32v::width>::fn;
    case 2: return TileTable<1, 2>::fn;
    default: return TileTable<1, 0>::fn;
  }
}

}  // namespace coracle::CORACLE_ISA
