// Index tensors of i32 or i64, and elements of 1, 2, 4 or 8 bytes.
#pragma once
#include <stdint.h>
#include <string.h>

namespace coracle::CORACLE_ISA {
namespace {

// Index i of the tensor: negative counts from the end; what is out of range is held at the nearest end, so that no
// index reaches outside.
inline int64_t index_at(const void* indices, int32_t index_bytes, int64_t i, int64_t size) {
  int64_t index = index_bytes == 8 ? static_cast<const int64_t*>(indices)[i] : static_cast<const int32_t*>(indices)[i];
  if (index < 0) index += size;
  if (index < 0) return 0;
  return index < size ? index : size - 1;
}

inline void copy_element(char* dst, int64_t to, const char* src, int64_t from, int32_t element_bytes) {
  switch (element_bytes) {
    case 1: dst[to] = src[from]; return;
    case 2: memcpy(dst + to * 2, src + from * 2, 2); return;
    case 4: memcpy(dst + to * 4, src + from * 4, 4); return;
    default: memcpy(dst + to * 8, src + from * 8, 8);
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
