// 16 lanes: AVX-512 F, BW, VL, DQ, VNNI.
#pragma once
#include <immintrin.h>

#define CORACLE_WIDTH 16
#define CORACLE_HAS_FMA 1
#define CORACLE_HAS_VNNI 1

namespace coracle::CORACLE_ISA {

struct f32v {
  __m512 v;
  static constexpr int width = 16;
};
struct i32v {
  __m512i v;
  static constexpr int width = 16;
};
struct f32m {
  __mmask16 m;
};

CORACLE_INLINE f32v load(const float* p) { return {_mm512_loadu_ps(p)}; }
CORACLE_INLINE void store(float* p, f32v a) { _mm512_storeu_ps(p, a.v); }
CORACLE_INLINE f32v set1(float a) { return {_mm512_set1_ps(a)}; }
CORACLE_INLINE f32v zero() { return {_mm512_setzero_ps()}; }

CORACLE_INLINE i32v load(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
CORACLE_INLINE void store(int32_t* p, i32v a) { _mm512_storeu_si512(p, a.v); }
CORACLE_INLINE i32v set1(int32_t a) { return {_mm512_set1_epi32(a)}; }
CORACLE_INLINE i32v zero_i32() { return {_mm512_setzero_si512()}; }

CORACLE_INLINE f32m first_n(int n) { return {static_cast<__mmask16>((1u << n) - 1u)}; }
CORACLE_INLINE i32v load_n(const int32_t* p, int n) { return {_mm512_maskz_loadu_epi32(first_n(n).m, p)}; }
CORACLE_INLINE void store_n(int32_t* p, i32v a, int n) { _mm512_mask_storeu_epi32(p, first_n(n).m, a.v); }

CORACLE_INLINE f32v operator+(f32v a, f32v b) { return {_mm512_add_ps(a.v, b.v)}; }
CORACLE_INLINE f32v operator-(f32v a, f32v b) { return {_mm512_sub_ps(a.v, b.v)}; }
CORACLE_INLINE f32v operator*(f32v a, f32v b) { return {_mm512_mul_ps(a.v, b.v)}; }
CORACLE_INLINE f32v operator/(f32v a, f32v b) { return {_mm512_div_ps(a.v, b.v)}; }
CORACLE_INLINE f32v fma(f32v a, f32v b, f32v c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
CORACLE_INLINE f32v fnma(f32v a, f32v b, f32v c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
CORACLE_INLINE f32v min(f32v a, f32v b) { return {_mm512_min_ps(a.v, b.v)}; }
CORACLE_INLINE f32v max(f32v a, f32v b) { return {_mm512_max_ps(a.v, b.v)}; }
CORACLE_INLINE f32v abs(f32v a) { return {_mm512_abs_ps(a.v)}; }
CORACLE_INLINE f32v neg(f32v a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
CORACLE_INLINE f32v sqrt(f32v a) { return {_mm512_sqrt_ps(a.v)}; }
template <int mode>
CORACLE_INLINE f32v round_mode(f32v a) {
  return {_mm512_roundscale_ps(a.v, mode | _MM_FROUND_NO_EXC)};
}

CORACLE_INLINE f32m lt(f32v a, f32v b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
CORACLE_INLINE f32m le(f32v a, f32v b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
CORACLE_INLINE f32m gt(f32v a, f32v b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
CORACLE_INLINE f32m ge(f32v a, f32v b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
CORACLE_INLINE f32m eq(f32v a, f32v b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
CORACLE_INLINE f32m ne(f32v a, f32v b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
CORACLE_INLINE f32m lt(i32v a, i32v b) { return {_mm512_cmplt_epi32_mask(a.v, b.v)}; }
CORACLE_INLINE f32m gt(i32v a, i32v b) { return {_mm512_cmpgt_epi32_mask(a.v, b.v)}; }
CORACLE_INLINE f32m eq(i32v a, i32v b) { return {_mm512_cmpeq_epi32_mask(a.v, b.v)}; }
CORACLE_INLINE f32m operator&(f32m a, f32m b) { return {static_cast<__mmask16>(a.m & b.m)}; }
CORACLE_INLINE f32m operator|(f32m a, f32m b) { return {static_cast<__mmask16>(a.m | b.m)}; }
CORACLE_INLINE f32m operator~(f32m a) { return {static_cast<__mmask16>(~a.m)}; }
CORACLE_INLINE bool any(f32m a) { return a.m != 0; }
CORACLE_INLINE bool all(f32m a) { return a.m == 0xffff; }
// Bit i is lane i.
CORACLE_INLINE uint32_t mask_bits(f32m a) { return a.m; }
CORACLE_INLINE f32v select(f32m m, f32v a, f32v b) { return {_mm512_mask_blend_ps(m.m, b.v, a.v)}; }
CORACLE_INLINE i32v select(f32m m, i32v a, i32v b) { return {_mm512_mask_blend_epi32(m.m, b.v, a.v)}; }

CORACLE_INLINE f32v as_f32(i32v a) { return {_mm512_castsi512_ps(a.v)}; }
CORACLE_INLINE i32v as_i32(f32v a) { return {_mm512_castps_si512(a.v)}; }
CORACLE_INLINE i32v to_i32(f32v a) { return {_mm512_cvtps_epi32(a.v)}; }
CORACLE_INLINE i32v trunc_i32(f32v a) { return {_mm512_cvttps_epi32(a.v)}; }
CORACLE_INLINE f32v to_f32(i32v a) { return {_mm512_cvtepi32_ps(a.v)}; }

CORACLE_INLINE i32v operator+(i32v a, i32v b) { return {_mm512_add_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v operator-(i32v a, i32v b) { return {_mm512_sub_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v operator*(i32v a, i32v b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v operator&(i32v a, i32v b) { return {_mm512_and_si512(a.v, b.v)}; }
CORACLE_INLINE i32v operator|(i32v a, i32v b) { return {_mm512_or_si512(a.v, b.v)}; }
CORACLE_INLINE i32v operator^(i32v a, i32v b) { return {_mm512_xor_si512(a.v, b.v)}; }
CORACLE_INLINE i32v min(i32v a, i32v b) { return {_mm512_min_epi32(a.v, b.v)}; }
CORACLE_INLINE i32v max(i32v a, i32v b) { return {_mm512_max_epi32(a.v, b.v)}; }
template <int n>
CORACLE_INLINE i32v shl(i32v a) {
  return {_mm512_slli_epi32(a.v, n)};
}
template <int n>
CORACLE_INLINE i32v shr(i32v a) {
  return {_mm512_srai_epi32(a.v, n)};
}
template <int n>
CORACLE_INLINE i32v shr_u(i32v a) {
  return {_mm512_srli_epi32(a.v, n)};
}

CORACLE_INLINE i32v load_u8(const uint8_t* p) {
  return {_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
CORACLE_INLINE i32v load_i8(const int8_t* p) {
  return {_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
CORACLE_INLINE i32v load_u16(const uint16_t* p) {
  return {_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
// Saturating.
CORACLE_INLINE void store_u8(uint8_t* p, i32v a) {
  const __m512i low = _mm512_max_epi32(a.v, _mm512_setzero_si512());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtusepi32_epi8(low));
}
CORACLE_INLINE void store_i8(int8_t* p, i32v a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtsepi32_epi8(a.v));
}
CORACLE_INLINE f32v load_f16(const uint16_t* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
CORACLE_INLINE void store_f16(uint16_t* p, f32v a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT));
}

// Lane i of the result is lane lanes[i] of a; every index is below the width.
CORACLE_INLINE f32v permute(f32v a, i32v lanes) { return {_mm512_permutexvar_ps(lanes.v, a.v)}; }

CORACLE_INLINE float reduce_add(f32v a) { return _mm512_reduce_add_ps(a.v); }
CORACLE_INLINE float reduce_max(f32v a) { return _mm512_reduce_max_ps(a.v); }
CORACLE_INLINE float reduce_min(f32v a) { return _mm512_reduce_min_ps(a.v); }
CORACLE_INLINE int32_t reduce_add(i32v a) { return _mm512_reduce_add_epi32(a.v); }

// a * 2^n for whole n, with gradual underflow and overflow to infinity.
CORACLE_INLINE f32v scale_by_power(f32v a, f32v n) { return {_mm512_scalef_ps(a.v, n.v)}; }

}  // namespace coracle::CORACLE_ISA
#include "simd/rounding.h"
