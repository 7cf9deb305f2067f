// One dimension of Winograd's minimal filtering F(m,3): m outputs of a 3-tap filter from m + 2 inputs, as products of
// m + 2 transformed inputs with m + 2 transformed taps. F(2,3) is by the points 0, 1, -1 and infinity; F(4,3) by 0, a,
// -a, b, -b and infinity with a * b = 1, which keeps the matrices' entries and so the rounding errors small.
#pragma once
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

constexpr int kTaps = 3;
constexpr int transformed_size(int outputs) { return outputs + kTaps - 1; }

template <int outputs>
struct Filtering;

template <>
struct Filtering<2> {
  static constexpr double taps[4][kTaps] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};

  CORACLE_INLINE void input(const f32v (&d)[4], f32v (&t)[4]) {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[3] - d[1];
  }

  CORACLE_INLINE void output(const f32v (&m)[4], f32v (&y)[2]) {
    y[0] = m[0] + (m[1] + m[2]);
    y[1] = m[3] + (m[1] - m[2]);
  }
};

template <>
struct Filtering<4> {
  static constexpr double a = 2.0 / 3, b = 1.5, sum = a * a + b * b;
  static constexpr double at_a = 1 / (2 * a * a * (a * a - b * b)), at_b = 1 / (2 * b * b * (b * b - a * a));
  static constexpr double taps[6][kTaps] = {
      {1, 0, 0},
      {at_a, at_a* a, at_a* a* a},
      {at_a, -at_a* a, at_a* a* a},
      {at_b, at_b* b, at_b* b* b},
      {at_b, -at_b* b, at_b* b* b},
      {0, 0, 1},
  };

  CORACLE_INLINE f32v c(double value) { return set1(static_cast<float>(value)); }

  CORACLE_INLINE void input(const f32v (&d)[6], f32v (&t)[6]) {
    t[0] = fnma(c(sum), d[2], d[0] + d[4]);
    const f32v even_a = fnma(c(b * b), d[2], d[4]), odd_a = fnma(c(b * b), d[1], d[3]);
    t[1] = fma(c(a), odd_a, even_a);
    t[2] = fnma(c(a), odd_a, even_a);
    const f32v even_b = fnma(c(a * a), d[2], d[4]), odd_b = fnma(c(a * a), d[1], d[3]);
    t[3] = fma(c(b), odd_b, even_b);
    t[4] = fnma(c(b), odd_b, even_b);
    t[5] = fnma(c(sum), d[3], d[1] + d[5]);
  }

  CORACLE_INLINE void output(const f32v (&m)[6], f32v (&y)[4]) {
    const f32v sum_a = m[1] + m[2], sum_b = m[3] + m[4];
    const f32v difference_a = m[1] - m[2], difference_b = m[3] - m[4];
    y[0] = m[0] + (sum_a + sum_b);
    y[1] = fma(c(b), difference_b, c(a) * difference_a);
    y[2] = fma(c(b * b), sum_b, c(a * a) * sum_a);
    y[3] = fma(c(b * b * b), difference_b, fma(c(a * a * a), difference_a, m[5]));
  }
};

}  // namespace
}  // namespace coracle::CORACLE_ISA
