// 4 lanes: SSE4.2. fma is a product and a sum, each rounded.
#pragma once
#include <nmmintrin.h>

#define CORACLE_WIDTH 4
#define CORACLE_HAS_FMA 0
#define CORACLE_HAS_VNNI 0

namespace coracle::CORACLE_ISA {

struct f32v {
  __m128 v;
  static constexpr int width = 4;
};
struct i32v {
  __m128i v;
  static constexpr int width = 4;
};
struct f32m {
  __m128 m;
};

CORACLE_INLINE f32v load(const float* p) { return {_mm_loadu_ps(p)}; }
CORACLE_INLINE void store(float* p, f32v a) { _mm_storeu_ps(p, a.v); }
CORACLE_INLINE f32v set1(float a) { return {_mm_set1_ps(a)}; }
CORACLE_INLINE f32v zero() { return {_mm_setzero_ps()}; }

CORACLE_INLINE i32v load(const int32_t* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
CORACLE_INLINE void store(int32_t* p, i32v a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), a.v); }
CORACLE_INLINE i32v set1(int32_t a) { return {_mm_set1_epi32(a)}; }
CORACLE_INLINE i32v zero_i32() { return {_mm_setzero_si128()}; }

CORACLE_INLINE f32m first_n(int n) {
  return {_mm_castsi128_ps(_mm_cmpgt_epi32(_mm_set1_epi32(n), _mm_setr_epi32(0, 1, 2, 3)))};
}
CORACLE_INLINE i32v load_n(const int32_t* p, int n) {
  if (n >= 4) return load(p);
  if (n == 1) return {_mm_cvtsi32_si128(p[0])};
  const __m128i low = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  return {n == 2 ? low : _mm_insert_epi32(low, p[2], 2)};
}
CORACLE_INLINE void store_n(int32_t* p, i32v a, int n) {
  if (n >= 4) return store(p, a);
  if (n == 1) {
    p[0] = _mm_cvtsi128_si32(a.v);
    return;
  }
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), a.v);
  if (n == 3) p[2] = _mm_extract_epi32(a.v, 2);
}

CORACLE_INLINE f32v operator+(f32v a, f32v b) { return {_mm_add_ps(a.v, b.v)}; }
CORACLE_INLINE f32v operator-(f32v a, f32v b) { return {_mm_sub_ps(a.v, b.v)}; }
CORACLE_INLINE f32v operator*(f32v a, f32v b) { return {_mm_mul_ps(a.v, b.v)}; }
CORACLE_INLINE f32v operator/(f32v a, f32v b) { return {_mm_div_ps(a.v, b.v)}; }
CORACLE_INLINE f32v fma(f32v a, f32v b, f32v c) { return {_mm_add_ps(_mm_mul_ps(a.v, b.v), c.v)}; }
CORACLE_INLINE f32v fnma(f32v a, f32v b, f32v c) { return {_mm_sub_ps(c.v, _mm_mul_ps(a.v, b.v))}; }
CORACLE_INLINE f32v min(f32v a, f32v b) { return {_mm_min_ps(a.v, b.v)}; }
CORACLE_INLINE f32v max(f32v a, f32v b) { return {_mm_max_ps(a.v, b.v)}; }
CORACLE_INLINE f32v abs(f32v a) { return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.v)}; }
CORACLE_INLINE f32v neg(f32v a) { return {_mm_xor_ps(a.v, _mm_set1_ps(-0.0f))}; }
CORACLE_INLINE f32v sqrt(f32v a) { return {_mm_sqrt_ps(a.v)}; }
template <int mode>
CORACLE_INLINE f32v round_mode(f32v a) {
  return {_mm_round_ps(a.v, mode | _MM_FROUND_NO_EXC)};
}

CORACLE_INLINE f32m lt(f32v a, f32v b) { return {_mm_cmplt_ps(a.v, b.v)}; }
CORACLE_INLINE f32m le(f32v a, f32v b) { return {_mm_cmple_ps(a.v, b.v)}; }
CORACLE_INLINE f32m gt(f32v a, f32v b) { return {_mm_cmpgt_ps(a.v, b.v)}; }
CORACLE_INLINE f32m ge(f32v a, f32v b) { return {_mm_cmpge_ps(a.v, b.v)}; }
CORACLE_INLINE f32m eq(f32v a, f32v b) { return {_mm_cmpeq_ps(a.v, b.v)}; }
CORACLE_INLINE f32m ne(f32v a, f32v b) { return {_mm_cmpneq_ps(a.v, b.v)}; }
CORACLE_INLINE f32m lt(i32v a, i32v b) { return {_mm_castsi128_ps(_mm_cmplt_epi32(a.v, b.v))}; }
CORACLE_INLINE f32m gt(i32v a, i32v b) { return {_mm_castsi128_ps(_mm_cmpgt_epi32(a.v, b.v))}; }
CORACLE_INLINE f32m eq(i32v a, i32v b) { return {_mm_castsi128_ps(_mm_cmpeq_epi32(a.v, b.v))}; }
CORACLE_INLINE f32m operator&(f32m a, f32m b) { return {_mm_and_ps(a.m, b.m)}; }
CORACLE_INLINE f32m operator|(f32m a, f32m b) { return {_mm_or_ps(a.m, b.m)}; }
CORACLE_INLINE f32m operator~(f32m a) { return {_mm_xor_ps(a.m, _mm_castsi128_ps(_mm_set1_epi32(-1)))}; }
CORACLE_INLINE bool any(f32m a) { return _mm_movemask_ps(a.m) != 0; }
CORACLE_INLINE bool all(f32m a) { return _mm_movemask_ps(a.m) == 0xf; }
// Bit i is lane i.
CORACLE_INLINE uint32_t mask_bits(f32m a) { return static_cast<uint32_t>(_mm_movemask_ps(a.m)); }
CORACLE_INLINE f32v select(f32m m, f32v a, f32v b) { return {_mm_blendv_ps(b.v, a.v, m.m)}; }
CORACLE_INLINE i32v select(f32m m, i32v a, i32v b) { return {_mm_blendv_epi8(b.v, a.v, _mm_castps_si128(m.m))}; }

CORACLE_INLINE f32v as_f32(i32v a) { return {_mm_castsi128_ps(a.v)}; }
CORACLE_INLINE i32v as_i32(f32v a) { return {_mm_castps_si128(a.v)}; }
CORACLE_INLINE i32v to_i32(f32v a) { return {_mm_cvtps_epi32(a.v)}; }
CORACLE_INLINE i32v trunc_i32(f32v a) { return {_mm_cvttps_epi32(a.v)}; }
CORACLE_INLINE f32v to_f32(i32v a) { return {_mm_cvtepi32_ps(a.v)}; }

CORACLE_INLINE i32v operator+(i32v a, i32v b) { return {_mm_add_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v operator-(i32v a, i32v b) { return {_mm_sub_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v operator*(i32v a, i32v b) { return {_mm_mullo_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v operator&(i32v a, i32v b) { return {_mm_and_si128(a.v, b.v)}; }
CORACLE_INLINE i32v operator|(i32v a, i32v b) { return {_mm_or_si128(a.v, b.v)}; }
CORACLE_INLINE i32v operator^(i32v a, i32v b) { return {_mm_xor_si128(a.v, b.v)}; }
CORACLE_INLINE i32v min(i32v a, i32v b) { return {_mm_min_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v max(i32v a, i32v b) { return {_mm_max_epi32(a.v, b.v)}; }
template <int n>
CORACLE_INLINE i32v shl(i32v a) {
  return {_mm_slli_epi32(a.v, n)};
}
template <int n>
CORACLE_INLINE i32v shr(i32v a) {
  return {_mm_srai_epi32(a.v, n)};
}
template <int n>
CORACLE_INLINE i32v shr_u(i32v a) {
  return {_mm_srli_epi32(a.v, n)};
}

CORACLE_INLINE i32v load_u8(const uint8_t* p) {
  int32_t bytes;
  memcpy(&bytes, p, 4);
  return {_mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes))};
}
CORACLE_INLINE i32v load_i8(const int8_t* p) {
  int32_t bytes;
  memcpy(&bytes, p, 4);
  return {_mm_cvtepi8_epi32(_mm_cvtsi32_si128(bytes))};
}
CORACLE_INLINE i32v load_u16(const uint16_t* p) {
  return {_mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
// Saturating.
CORACLE_INLINE void store_u8(uint8_t* p, i32v a) {
  const __m128i words = _mm_packs_epi32(a.v, a.v);
  const int32_t bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  memcpy(p, &bytes, 4);
}
CORACLE_INLINE void store_i8(int8_t* p, i32v a) {
  const __m128i words = _mm_packs_epi32(a.v, a.v);
  const int32_t bytes = _mm_cvtsi128_si32(_mm_packs_epi16(words, words));
  memcpy(p, &bytes, 4);
}

// Normal numbers by moving the bits and the exponent bias (127 - 15 = 112), denormals as multiples of 2^-24.
CORACLE_INLINE f32v load_f16(const uint16_t* p) {
  const i32v half = load_u16(p);
  const i32v sign = shl<16>(half & set1(0x8000));
  const i32v magnitude = half & set1(0x7fff);
  const f32v scaled = as_f32(shl<13>(magnitude) + shl<23>(set1(112)));
  const f32v denormal = to_f32(magnitude) * set1(5.9604644775390625e-8f);
  const i32v special = shl<13>(magnitude) | set1(0x7f800000);
  i32v bits = as_i32(select(lt(magnitude, set1(0x400)), denormal, scaled));
  bits = select(gt(magnitude, set1(0x7bff)), special, bits);
  return as_f32(bits | sign);
}
CORACLE_INLINE void store_f16(uint16_t* p, f32v a) {
  const i32v sign = shr_u<16>(as_i32(a) & set1(INT32_MIN));
  const f32v x = abs(a);
  const i32v bits = as_i32(x);
  const i32v odd = shr_u<13>(bits) & set1(1);
  const i32v normal = shr_u<13>(bits + set1(0xfff) + odd) - set1(112 << 10);
  const i32v denormal = to_i32(x * set1(16777216.0f));
  i32v half = select(lt(x, set1(6.103515625e-5f)), denormal, normal);
  half = select(ge(x, set1(65520.0f)), set1(0x7c00), half);
  half = select(ne(x, x), set1(0x7e00), half) | sign;
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(half.v, half.v));
}

// Lane i of the result is lane lanes[i] of a; every index is below the width.
CORACLE_INLINE f32v permute(f32v a, i32v lanes) {
  const __m128i bytes = _mm_add_epi32(_mm_mullo_epi32(lanes.v, _mm_set1_epi32(0x04040404)), _mm_set1_epi32(0x03020100));
  return {_mm_castsi128_ps(_mm_shuffle_epi8(_mm_castps_si128(a.v), bytes))};
}

CORACLE_INLINE float reduce_add(f32v a) {
  const __m128 x = _mm_add_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
CORACLE_INLINE float reduce_max(f32v a) {
  const __m128 x = _mm_max_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}
CORACLE_INLINE float reduce_min(f32v a) {
  const __m128 x = _mm_min_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_min_ss(x, _mm_movehdup_ps(x)));
}
CORACLE_INLINE int32_t reduce_add(i32v a) {
  const __m128i x = _mm_add_epi32(a.v, _mm_shuffle_epi32(a.v, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1)));
}

// a * 2^n for whole n in [-252, 254], with gradual underflow and overflow to infinity.
CORACLE_INLINE f32v scale_by_power(f32v a, f32v n) {
  const i32v power = to_i32(n);
  const i32v half = shr<1>(power);
  const i32v bias = set1(127);
  return a * as_f32(shl<23>(half + bias)) * as_f32(shl<23>(power - half + bias));
}

}  // namespace coracle::CORACLE_ISA
#include "simd/rounding.h"
