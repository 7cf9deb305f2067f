// Vectors of the level being compiled: one register of f32 or i32 lanes behind the same names at every level.
// Loads and stores are unaligned. min and max are C's `a < b ? a : b` and `a > b ? a : b`: when either operand is NaN
// the second one comes out, so `min(limit, x)` keeps a NaN in x and `min(x, limit)` drops it.
#pragma once
#include <stdint.h>
#include <string.h>

#include "coracle/abi.h"

#ifndef CORACLE_ISA
#error "compile with -DCORACLE_ISA=<level>"
#endif

#define CORACLE_INLINE static inline __attribute__((always_inline, unused))

#if defined(__AVX512F__)
#include "simd/avx512.h"
#elif defined(__AVX2__)
#include "simd/avx2.h"
#elif defined(__SSE4_2__)
#include "simd/sse4.h"
#else
#error "no vector level is switched on"
#endif

namespace coracle::CORACLE_ISA {

CORACLE_INLINE f32v load_n(const float* p, int n) { return as_f32(load_n(reinterpret_cast<const int32_t*>(p), n)); }
CORACLE_INLINE void store_n(float* p, f32v v, int n) { store_n(reinterpret_cast<int32_t*>(p), as_i32(v), n); }

CORACLE_INLINE f32v operator-(f32v a) { return neg(a); }
CORACLE_INLINE f32v& operator+=(f32v& a, f32v b) { return a = a + b; }
CORACLE_INLINE f32v& operator-=(f32v& a, f32v b) { return a = a - b; }
CORACLE_INLINE f32v& operator*=(f32v& a, f32v b) { return a = a * b; }
CORACLE_INLINE i32v& operator+=(i32v& a, i32v b) { return a = a + b; }

CORACLE_INLINE f32m ge(i32v a, i32v b) { return ~lt(a, b); }
CORACLE_INLINE f32m le(i32v a, i32v b) { return ~gt(a, b); }
CORACLE_INLINE f32m ne(i32v a, i32v b) { return ~eq(a, b); }

CORACLE_INLINE f32m is_nan(f32v a) { return ne(a, a); }
CORACLE_INLINE f32v clamp(f32v x, f32v low, f32v high) { return min(high, max(low, x)); }
CORACLE_INLINE f32v copysign(f32v magnitude, f32v sign) {
  const i32v bit = set1(INT32_MIN);
  return as_f32((as_i32(sign) & bit) | as_i32(abs(magnitude)));
}

// bf16 is the upper half of f32; the store rounds to nearest even and keeps NaN.
CORACLE_INLINE f32v load_bf16(const uint16_t* p) { return as_f32(shl<16>(load_u16(p))); }

CORACLE_INLINE void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
CORACLE_INLINE void prefetch_l2(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }

CORACLE_INLINE float bits_to_float(int32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

}  // namespace coracle::CORACLE_ISA
