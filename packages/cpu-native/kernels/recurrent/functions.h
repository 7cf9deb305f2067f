// Sigmoid and tanh for cells: fewer operations than simd/math.h, within 5e-7 of the value; |x| beyond 43 counts as 43.
#pragma once
#include "simd/activation.h"

namespace coracle::CORACLE_ISA {
namespace {

// 2^t in two factors, 2^r - 1 for |r| <= 1/2 and 2^n; |t| is at most 126. Of NaN the first is NaN.
struct PowerOfTwo {
  f32v less_one;
  f32v whole;
};

CORACLE_INLINE PowerOfTwo power_of_two(f32v t) {
  const f32v large = set1(12582912.0f);
  const f32v n = t + large;
  const f32v r = t - (n - large);
  const float c[] = {1.340043615e-03f, 9.666373022e-03f, 5.550333112e-02f, 2.402234823e-01f, 6.931471825e-01f};
  return {r * polynomial(r, c), as_f32(shl<23>(as_i32(n) + set1(127)))};
}

CORACLE_INLINE f32v cell_sigmoid(f32v x) {
  const PowerOfTwo p = power_of_two(clamp(x, set1(-43.0f), set1(43.0f)) * set1(-1.44269504088896341f));
  return divide_by_large(set1(1.0f), fma(p.whole, p.less_one, p.whole + set1(1.0f)));
}

// (e^2x - 1) / (e^2x + 1), e^2x - 1 without cancellation.
CORACLE_INLINE f32v cell_tanh(f32v x) {
  const PowerOfTwo p = power_of_two(clamp(x, set1(-43.0f), set1(43.0f)) * set1(2.88539008177792681f));
  const f32v less_one = fma(p.whole, p.less_one, p.whole - set1(1.0f));
  return divide_by_large(less_one, less_one + set1(2.0f));
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
