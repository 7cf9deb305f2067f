// 8 lanes: AVX2, FMA, F16C.
#pragma once
#include <immintrin.h>

#define CORACLE_WIDTH 8
#define CORACLE_HAS_FMA 1
#define CORACLE_HAS_VNNI 0

namespace coracle::CORACLE_ISA {

struct f32v {
  __m256 v;
  static constexpr int width = 8;
};
struct i32v {
  __m256i v;
  static constexpr int width = 8;
};
struct f32m {
  __m256 m;
};

CORACLE_INLINE f32v load(const float* p) { return {_mm256_loadu_ps(p)}; }
CORACLE_INLINE void store(float* p, f32v a) { _mm256_storeu_ps(p, a.v); }
CORACLE_INLINE f32v set1(float a) { return {_mm256_set1_ps(a)}; }
CORACLE_INLINE f32v zero() { return {_mm256_setzero_ps()}; }

CORACLE_INLINE i32v load(const int32_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
CORACLE_INLINE void store(int32_t* p, i32v a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
CORACLE_INLINE i32v set1(int32_t a) { return {_mm256_set1_epi32(a)}; }
CORACLE_INLINE i32v zero_i32() { return {_mm256_setzero_si256()}; }

CORACLE_INLINE f32m first_n(int n) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane))};
}
CORACLE_INLINE i32v load_n(const int32_t* p, int n) {
  return {_mm256_maskload_epi32(p, _mm256_castps_si256(first_n(n).m))};
}
CORACLE_INLINE void store_n(int32_t* p, i32v a, int n) {
  _mm256_maskstore_epi32(p, _mm256_castps_si256(first_n(n).m), a.v);
}

CORACLE_INLINE f32v operator+(f32v a, f32v b) { return {_mm256_add_ps(a.v, b.v)}; }
CORACLE_INLINE f32v operator-(f32v a, f32v b) { return {_mm256_sub_ps(a.v, b.v)}; }
CORACLE_INLINE f32v operator*(f32v a, f32v b) { return {_mm256_mul_ps(a.v, b.v)}; }
CORACLE_INLINE f32v operator/(f32v a, f32v b) { return {_mm256_div_ps(a.v, b.v)}; }
CORACLE_INLINE f32v fma(f32v a, f32v b, f32v c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
CORACLE_INLINE f32v fnma(f32v a, f32v b, f32v c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
CORACLE_INLINE f32v min(f32v a, f32v b) { return {_mm256_min_ps(a.v, b.v)}; }
CORACLE_INLINE f32v max(f32v a, f32v b) { return {_mm256_max_ps(a.v, b.v)}; }
CORACLE_INLINE f32v abs(f32v a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
CORACLE_INLINE f32v neg(f32v a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
CORACLE_INLINE f32v sqrt(f32v a) { return {_mm256_sqrt_ps(a.v)}; }
template <int mode>
CORACLE_INLINE f32v round_mode(f32v a) {
  return {_mm256_round_ps(a.v, mode | _MM_FROUND_NO_EXC)};
}

CORACLE_INLINE f32m lt(f32v a, f32v b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
CORACLE_INLINE f32m le(f32v a, f32v b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
CORACLE_INLINE f32m gt(f32v a, f32v b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
CORACLE_INLINE f32m ge(f32v a, f32v b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
CORACLE_INLINE f32m eq(f32v a, f32v b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
CORACLE_INLINE f32m ne(f32v a, f32v b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)}; }
CORACLE_INLINE f32m lt(i32v a, i32v b) { return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(b.v, a.v))}; }
CORACLE_INLINE f32m gt(i32v a, i32v b) { return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(a.v, b.v))}; }
CORACLE_INLINE f32m eq(i32v a, i32v b) { return {_mm256_castsi256_ps(_mm256_cmpeq_epi32(a.v, b.v))}; }
CORACLE_INLINE f32m operator&(f32m a, f32m b) { return {_mm256_and_ps(a.m, b.m)}; }
CORACLE_INLINE f32m operator|(f32m a, f32m b) { return {_mm256_or_ps(a.m, b.m)}; }
CORACLE_INLINE f32m operator~(f32m a) { return {_mm256_xor_ps(a.m, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))}; }
CORACLE_INLINE bool any(f32m a) { return _mm256_movemask_ps(a.m) != 0; }
CORACLE_INLINE bool all(f32m a) { return _mm256_movemask_ps(a.m) == 0xff; }
// Bit i is lane i.
CORACLE_INLINE uint32_t mask_bits(f32m a) { return static_cast<uint32_t>(_mm256_movemask_ps(a.m)); }
CORACLE_INLINE f32v select(f32m m, f32v a, f32v b) { return {_mm256_blendv_ps(b.v, a.v, m.m)}; }
CORACLE_INLINE i32v select(f32m m, i32v a, i32v b) { return {_mm256_blendv_epi8(b.v, a.v, _mm256_castps_si256(m.m))}; }

CORACLE_INLINE f32v as_f32(i32v a) { return {_mm256_castsi256_ps(a.v)}; }
CORACLE_INLINE i32v as_i32(f32v a) { return {_mm256_castps_si256(a.v)}; }
CORACLE_INLINE i32v to_i32(f32v a) { return {_mm256_cvtps_epi32(a.v)}; }
CORACLE_INLINE i32v trunc_i32(f32v a) { return {_mm256_cvttps_epi32(a.v)}; }
CORACLE_INLINE f32v to_f32(i32v a) { return {_mm256_cvtepi32_ps(a.v)}; }

CORACLE_INLINE i32v operator+(i32v a, i32v b) { return {_mm256_add_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v operator-(i32v a, i32v b) { return {_mm256_sub_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v operator*(i32v a, i32v b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v operator&(i32v a, i32v b) { return {_mm256_and_si256(a.v, b.v)}; }
CORACLE_INLINE i32v operator|(i32v a, i32v b) { return {_mm256_or_si256(a.v, b.v)}; }
CORACLE_INLINE i32v operator^(i32v a, i32v b) { return {_mm256_xor_si256(a.v, b.v)}; }
CORACLE_INLINE i32v min(i32v a, i32v b) { return {_mm256_min_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v max(i32v a, i32v b) { return {_mm256_max_epi32(a.v, b.v)}; }
template <int n>
CORACLE_INLINE i32v shl(i32v a) {
  return {_mm256_slli_epi32(a.v, n)};
}
template <int n>
CORACLE_INLINE i32v shr(i32v a) {
  return {_mm256_srai_epi32(a.v, n)};
}
template <int n>
CORACLE_INLINE i32v shr_u(i32v a) {
  return {_mm256_srli_epi32(a.v, n)};
}

CORACLE_INLINE i32v load_u8(const uint8_t* p) {
  return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
CORACLE_INLINE i32v load_i8(const int8_t* p) {
  return {_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
CORACLE_INLINE i32v load_u16(const uint16_t* p) {
  return {_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
// Saturating.
CORACLE_INLINE void store_u8(uint8_t* p, i32v a) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
}
CORACLE_INLINE void store_i8(int8_t* p, i32v a) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(words, words));
}
CORACLE_INLINE f32v load_f16(const uint16_t* p) {
  return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
CORACLE_INLINE void store_f16(uint16_t* p, f32v a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT));
}

// Lane i of the result is lane lanes[i] of a; every index is below the width.
CORACLE_INLINE f32v permute(f32v a, i32v lanes) { return {_mm256_permutevar8x32_ps(a.v, lanes.v)}; }

CORACLE_INLINE float reduce_add(f32v a) {
  __m128 x = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  x = _mm_add_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
CORACLE_INLINE float reduce_max(f32v a) {
  __m128 x = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  x = _mm_max_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}
CORACLE_INLINE float reduce_min(f32v a) {
  __m128 x = _mm_min_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  x = _mm_min_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_min_ss(x, _mm_movehdup_ps(x)));
}
CORACLE_INLINE int32_t reduce_add(i32v a) {
  __m128i x = _mm_add_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
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
