// Small transpositions in registers, with the compiler's generic vectors.
#pragma once
#include <stdint.h>
#include <string.h>

namespace coracle::CORACLE_ISA {
namespace {

#if defined(__AVX2__)
constexpr int kTile = 8;
typedef int32_t tile_row __attribute__((vector_size(32)));
typedef int32_t tile_mask __attribute__((vector_size(32)));

inline tile_row tile_load(const uint32_t* p) {
  tile_row v;
  memcpy(&v, p, sizeof v);
  return v;
}

inline void transpose_tile(const uint32_t* src, int64_t src_stride, uint32_t* dst, int64_t dst_stride) {
  tile_row r[8], t[8], u[8];
  for (int i = 0; i < 8; ++i) r[i] = tile_load(src + i * src_stride);
  for (int i = 0; i < 8; i += 2) {
    t[i] = __builtin_shuffle(r[i], r[i + 1], tile_mask{0, 8, 1, 9, 4, 12, 5, 13});
    t[i + 1] = __builtin_shuffle(r[i], r[i + 1], tile_mask{2, 10, 3, 11, 6, 14, 7, 15});
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; ++j) {
      u[i + 2 * j] = __builtin_shuffle(t[i + j], t[i + j + 2], tile_mask{0, 1, 8, 9, 4, 5, 12, 13});
      u[i + 2 * j + 1] = __builtin_shuffle(t[i + j], t[i + j + 2], tile_mask{2, 3, 10, 11, 6, 7, 14, 15});
    }
  }
  for (int i = 0; i < 4; ++i) {
    const tile_row low = __builtin_shuffle(u[i], u[i + 4], tile_mask{0, 1, 2, 3, 8, 9, 10, 11});
    const tile_row high = __builtin_shuffle(u[i], u[i + 4], tile_mask{4, 5, 6, 7, 12, 13, 14, 15});
    memcpy(dst + i * dst_stride, &low, sizeof low);
    memcpy(dst + (i + 4) * dst_stride, &high, sizeof high);
  }
}
#else
constexpr int kTile = 4;
typedef int32_t tile_row __attribute__((vector_size(16)));

inline void transpose_tile(const uint32_t* src, int64_t src_stride, uint32_t* dst, int64_t dst_stride) {
  tile_row r[4], t[4], out[4];
  for (int i = 0; i < 4; ++i) memcpy(&r[i], src + i * src_stride, sizeof r[i]);
  for (int i = 0; i < 2; ++i) {
    t[i] = __builtin_shuffle(r[2 * i], r[2 * i + 1], tile_row{0, 4, 1, 5});
    t[i + 2] = __builtin_shuffle(r[2 * i], r[2 * i + 1], tile_row{2, 6, 3, 7});
  }
  out[0] = __builtin_shuffle(t[0], t[1], tile_row{0, 1, 4, 5});
  out[1] = __builtin_shuffle(t[0], t[1], tile_row{2, 3, 6, 7});
  out[2] = __builtin_shuffle(t[2], t[3], tile_row{0, 1, 4, 5});
  out[3] = __builtin_shuffle(t[2], t[3], tile_row{2, 3, 6, 7});
  for (int i = 0; i < 4; ++i) memcpy(dst + i * dst_stride, &out[i], sizeof out[i]);
}
#endif

}  // namespace
}  // namespace coracle::CORACLE_ISA
