#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/norm/statistics.h"
#include "simd/math.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [outer, axis, inner], y (another memory). Task t: vectors t*chunk... of the
// outer * ceil(inner / width) vectors of columns.
struct LpNormParams {
  int32_t outer, axis, inner;
  int32_t p;  // 1 or 2
  int32_t chunk;
};

// Task t: as above; the sum of squares runs over the `size` elements along axis around each.
struct LrnParams {
  int32_t outer, axis, inner;
  int32_t size;
  float alpha, beta, bias;
  int32_t chunk;
};

void lp_column(const LpNormParams& p, const float* x, float* y, int lanes) {
  f32v total = zero();
  for (int64_t i = 0; i < p.axis; ++i) {
    const f32v v = load_n(x + i * p.inner, lanes);
    total = p.p == 1 ? total + abs(v) : fma(v, v, total);
  }
  const f32v norm = p.p == 1 ? total : sqrt(total);
  const f32v divisor = select(eq(norm, zero()), set1(1.0f), norm);
  for (int64_t i = 0; i < p.axis; ++i) store_n(y + i * p.inner, load_n(x + i * p.inner, lanes) / divisor, lanes);
}

void lrn_column(const LrnParams& p, const float* x, float* y, int lanes) {
  const f32v factor = set1(p.alpha / static_cast<float>(p.size)), bias = set1(p.bias), power = set1(-p.beta);
  for (int64_t i = 0; i < p.axis; ++i) {
    const int64_t low = i - (p.size - 1) / 2, high = i + p.size / 2;
    f32v total = zero();
    for (int64_t j = low < 0 ? 0 : low; j <= high && j < p.axis; ++j) {
      const f32v v = load_n(x + j * p.inner, lanes);
      total = fma(v, v, total);
    }
    const f32v scale = pow(fma(total, factor, bias), power);
    store_n(y + i * p.inner, load_n(x + i * p.inner, lanes) * scale, lanes);
  }
}

template <class Params, class F>
void for_columns(const Params& p, const coracle_call* call, int32_t begin, int32_t end, F f) {
  constexpr int64_t kWidth = f32v::width;
  const float* x = static_cast<const float*>(call->args[0]);
  float* y = static_cast<float*>(call->args[1]);
  const int64_t vectors = (p.inner + kWidth - 1) / kWidth;
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.outer * vectors);
  for (int64_t i = static_cast<int64_t>(begin) * p.chunk; i < last; ++i) {
    const int64_t column = i % vectors * kWidth;
    const int64_t at = i / vectors * p.axis * p.inner + column;
    f(p, x + at, y + at, static_cast<int>(min64(kWidth, p.inner - column)));
  }
}

}  // namespace

void f32_lp_norm(const coracle_call* call, int32_t begin, int32_t end) {
  LpNormParams p;
  memcpy(&p, call->params, sizeof p);
  for_columns(p, call, begin, end, lp_column);
}

void f32_lrn(const coracle_call* call, int32_t begin, int32_t end) {
  LrnParams p;
  memcpy(&p, call->params, sizeof p);
  for_columns(p, call, begin, end, lrn_column);
}

}  // namespace coracle::CORACLE_ISA
