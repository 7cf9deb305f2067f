// Mean and mean of squared differences of contiguous elements, in two passes.
#pragma once
#include <stdint.h>

#include "kernels/elementwise/panels.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

constexpr int64_t kStatSegment = 4096;

// Sum of f(x) over n elements: vectors within a segment, doubles across segments.
template <class F>
double sum_of(const float* x, int64_t n, F f) {
  constexpr int64_t kWidth = f32v::width;
  double total = 0;
  for (int64_t s = 0; s < n; s += kStatSegment) {
    const int64_t end = min64(s + kStatSegment, n);
    f32v a = zero(), b = zero();
    int64_t i = s;
    for (; i + 2 * kWidth <= end; i += 2 * kWidth) {
      a += f(load(x + i));
      b += f(load(x + i + kWidth));
    }
    for (; i + kWidth <= end; i += kWidth) a += f(load(x + i));
    total += static_cast<double>(reduce_add(a + b));
    if (i < end) {
      float lanes[kWidth];
      store(lanes, f(load_n(x + i, static_cast<int>(end - i))));
      for (int64_t l = 0; l < end - i; ++l) total += static_cast<double>(lanes[l]);
    }
  }
  return total;
}

struct Statistics {
  float mean;
  float variance;
};

inline Statistics statistics_of(const float* x, int64_t n) {
  const float mean = static_cast<float>(sum_of(x, n, [](f32v v) { return v; }) / static_cast<double>(n));
  const f32v center = set1(mean);
  const double squares = sum_of(x, n, [center](f32v v) { return (v - center) * (v - center); });
  return {mean, static_cast<float>(squares / static_cast<double>(n))};
}

inline float inverse_deviation(float variance, float epsilon) { return 1.0f / __builtin_sqrtf(variance + epsilon); }

// y = x * scale + shift.
inline void scale_shift(const float* x, float* y, int64_t n, float scale, float shift) {
  constexpr int64_t kWidth = f32v::width;
  const f32v a = set1(scale), b = set1(shift);
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) store(y + i, fma(load(x + i), a, b));
  if (i < n) {
    const int lanes = static_cast<int>(n - i);
    store_n(y + i, fma(load_n(x + i, lanes), a, b), lanes);
  }
}

struct Centered {
  float mean;
  float scale;
  float bias;
};

// y = (x - mean) * scale + bias: exactly the bias where x is the mean.
inline void center_scale_shift(const float* x, float* y, int64_t n, const Centered& c) {
  constexpr int64_t kWidth = f32v::width;
  const f32v mean = set1(c.mean), scale = set1(c.scale), bias = set1(c.bias);
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) store(y + i, fma(load(x + i) - mean, scale, bias));
  if (i < n) {
    const int lanes = static_cast<int>(n - i);
    store_n(y + i, fma(load_n(x + i, lanes) - mean, scale, bias), lanes);
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
