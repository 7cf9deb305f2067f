#include <math.h>
#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "kernels/elementwise/unary_ops.h"
#include "simd/activation.h"
#include "simd/math.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x, y (may be the same memory). Task t: elements [t*chunk, (t+1)*chunk).
struct UnaryParams {
  int32_t count;
  int32_t op;
  float a;
  float b;
  int32_t chunk;
};

template <class F>
void map(const float* x, float* y, int64_t count, F f) {
  constexpr int64_t kWidth = f32v::width;
  int64_t i = 0;
  for (; i + 2 * kWidth <= count; i += 2 * kWidth) {
    const f32v first = f(load(x + i));
    const f32v second = f(load(x + i + kWidth));
    store(y + i, first);
    store(y + i + kWidth, second);
  }
  for (; i < count; i += kWidth) {
    const int n = static_cast<int>(min64(kWidth, count - i));
    store_n(y + i, f(load_n(x + i, n)), n);
  }
}

template <float (*F)(float)>
void map_scalar(const float* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = F(x[i]);
}

bool map_libm(int32_t op, const float* x, float* y, int64_t n) {
  switch (op) {
    case kTan: map_scalar<tanf>(x, y, n); return true;
    case kAsin: map_scalar<asinf>(x, y, n); return true;
    case kAcos: map_scalar<acosf>(x, y, n); return true;
    case kAtan: map_scalar<atanf>(x, y, n); return true;
    case kSinh: map_scalar<sinhf>(x, y, n); return true;
    case kCosh: map_scalar<coshf>(x, y, n); return true;
    case kAsinh: map_scalar<asinhf>(x, y, n); return true;
    case kAcosh: map_scalar<acoshf>(x, y, n); return true;
    case kAtanh: map_scalar<atanhf>(x, y, n); return true;
    default: return false;
  }
}

bool map_simple(int32_t op, const float* x, float* y, int64_t n) {
  const f32v one = set1(1.0f);
  switch (op) {
    case kAbs: map(x, y, n, [](f32v v) { return abs(v); }); return true;
    case kNeg: map(x, y, n, [](f32v v) { return neg(v); }); return true;
    case kSign:
      map(x, y, n, [one](f32v v) {
        const f32v negative = select(lt(v, zero()), neg(one), v);
        return select(gt(v, zero()), one, negative);
      });
      return true;
    case kCeil: map(x, y, n, [](f32v v) { return ceil(v); }); return true;
    case kFloor: map(x, y, n, [](f32v v) { return floor(v); }); return true;
    case kRound: map(x, y, n, [](f32v v) { return round_even(v); }); return true;
    case kSqrt: map(x, y, n, [](f32v v) { return sqrt(v); }); return true;
    case kReciprocal: map(x, y, n, [one](f32v v) { return one / v; }); return true;
    case kSquare: map(x, y, n, [](f32v v) { return v * v; }); return true;
    case kCube: map(x, y, n, [](f32v v) { return v * v * v; }); return true;
    case kSoftsign: map(x, y, n, [one](f32v v) { return v / (one + abs(v)); }); return true;
    default: return false;
  }
}

bool map_math(int32_t op, const float* x, float* y, int64_t n) {
  switch (op) {
    case kExp: map(x, y, n, [](f32v v) { return exp(v); }); return true;
    case kLog: map(x, y, n, [](f32v v) { return log(v); }); return true;
    case kSin: map(x, y, n, [](f32v v) { return sin(v); }); return true;
    case kCos: map(x, y, n, [](f32v v) { return cos(v); }); return true;
    case kErf: map(x, y, n, [](f32v v) { return erf(v); }); return true;
    default: return false;
  }
}

template <int32_t act>
void map_activation_as(const UnaryParams& p, const float* x, float* y, int64_t n) {
  const f32v a = set1(p.a), b = set1(p.b);
  map(x, y, n, [a, b](f32v v) { return activate<act>(v, a, b); });
}

void map_activation(const UnaryParams& p, const float* x, float* y, int64_t n) {
  switch (p.op) {
    case CORACLE_ACT_RELU: return map_activation_as<CORACLE_ACT_RELU>(p, x, y, n);
    case CORACLE_ACT_CLIP: return map_activation_as<CORACLE_ACT_CLIP>(p, x, y, n);
    case CORACLE_ACT_LEAKY_RELU: return map_activation_as<CORACLE_ACT_LEAKY_RELU>(p, x, y, n);
    case CORACLE_ACT_HARD_SIGMOID: return map_activation_as<CORACLE_ACT_HARD_SIGMOID>(p, x, y, n);
    case CORACLE_ACT_HARD_SWISH: return map_activation_as<CORACLE_ACT_HARD_SWISH>(p, x, y, n);
    case CORACLE_ACT_SIGMOID: return map_activation_as<CORACLE_ACT_SIGMOID>(p, x, y, n);
    case CORACLE_ACT_TANH: return map_activation_as<CORACLE_ACT_TANH>(p, x, y, n);
    case CORACLE_ACT_SWISH: return map_activation_as<CORACLE_ACT_SWISH>(p, x, y, n);
    case CORACLE_ACT_GELU: return map_activation_as<CORACLE_ACT_GELU>(p, x, y, n);
    case CORACLE_ACT_ELU: return map_activation_as<CORACLE_ACT_ELU>(p, x, y, n);
    case CORACLE_ACT_SOFTPLUS: return map_activation_as<CORACLE_ACT_SOFTPLUS>(p, x, y, n);
    case CORACLE_ACT_MISH: return map_activation_as<CORACLE_ACT_MISH>(p, x, y, n);
  }
}

void map_with_params(const UnaryParams& p, const float* x, float* y, int64_t n) {
  const f32v a = set1(p.a), b = set1(p.b), zeros = zero();
  switch (p.op) {
    case kCelu: map(x, y, n, [a, zeros](f32v v) { return select(lt(v, zeros), a * expm1(v / a), v); }); return;
    case kSelu: map(x, y, n, [a, b, zeros](f32v v) { return b * select(gt(v, zeros), v, a * expm1(v)); }); return;
    case kThresholdedRelu: map(x, y, n, [a, zeros](f32v v) { return select(gt(v, a), v, zeros); }); return;
    case kShrink:
      map(x, y, n, [a, b, zeros](f32v v) {
        const f32v above = select(gt(v, a), v - b, zeros);
        return select(lt(v, neg(a)), v + b, above);
      });
      return;
    case kPowScalar: map(x, y, n, [a](f32v v) { return pow(v, a); }); return;
    default: map_activation(p, x, y, n);
  }
}

}  // namespace

void f32_unary(const coracle_call* call, int32_t begin, int32_t end) {
  UnaryParams p;
  memcpy(&p, call->params, sizeof p);
  const int64_t first = static_cast<int64_t>(begin) * p.chunk;
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.count);
  const float* x = static_cast<const float*>(call->args[0]) + first;
  float* y = static_cast<float*>(call->args[1]) + first;
  const int64_t n = last - first;
  if (map_simple(p.op, x, y, n) || map_math(p.op, x, y, n) || map_libm(p.op, x, y, n)) return;
  map_with_params(p, x, y, n);
}

}  // namespace coracle::CORACLE_ISA
