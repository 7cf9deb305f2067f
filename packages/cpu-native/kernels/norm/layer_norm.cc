#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/norm/statistics.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [rows, n], scale [n], bias [n] (if has_bias), y [rows, n] (may be x's memory). Task t: rows t*chunk...
struct LayerNormParams {
  int32_t rows;
  int32_t n;
  float epsilon;
  int32_t is_rms;  // divides by the root of the mean square; no mean
  int32_t has_bias;
  int32_t chunk;
};

// y = (x - mean) * inverse * scale + bias.
void normalize(const LayerNormParams& p, const float* x, const float* scale, const float* bias, float* y, float mean,
               float inverse) {
  constexpr int64_t kWidth = f32v::width;
  const f32v center = set1(mean), factor = set1(inverse);
  for (int64_t i = 0; i < p.n; i += kWidth) {
    const int64_t left = p.n - i;
    if (left >= kWidth) {
      const f32v v = (load(x + i) - center) * factor;
      store(y + i, bias ? fma(v, load(scale + i), load(bias + i)) : v * load(scale + i));
    } else {
      const int lanes = static_cast<int>(left);
      const f32v v = (load_n(x + i, lanes) - center) * factor;
      const f32v s = load_n(scale + i, lanes);
      store_n(y + i, bias ? fma(v, s, load_n(bias + i, lanes)) : v * s, lanes);
    }
  }
}

}  // namespace

void f32_layer_norm(const coracle_call* call, int32_t begin, int32_t end) {
  LayerNormParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  const float* scale = static_cast<const float*>(call->args[1]);
  const float* bias = p.has_bias ? static_cast<const float*>(call->args[2]) : nullptr;
  float* y = static_cast<float*>(call->args[p.has_bias ? 3 : 2]);
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.rows);
  for (int64_t row = static_cast<int64_t>(begin) * p.chunk; row < last; ++row) {
    const float* from = x + row * p.n;
    Statistics s;
    if (p.is_rms) {
      s = {0.0f, static_cast<float>(sum_of(from, p.n, [](f32v v) { return v * v; }) / p.n)};
    } else {
      s = statistics_of(from, p.n);
    }
    normalize(p, from, scale, bias, y + row * p.n, s.mean, inverse_deviation(s.variance, p.epsilon));
  }
}

}  // namespace coracle::CORACLE_ISA
