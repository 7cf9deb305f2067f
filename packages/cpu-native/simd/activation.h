// The activations that kernels apply as they store, by coracle_activation code; a and b are activationParams.
#pragma once
#include "simd/math.h"

namespace coracle::CORACLE_ISA {

CORACLE_INLINE f32v gelu(f32v x) {
  const f32v half = set1(0.5f);
  return x * fma(half, erf(x * set1(0.70710678118654752f)), half);
}

CORACLE_INLINE f32v gelu_tanh(f32v x) {
  const f32v inner = x * fma(x * x, set1(0.044715f * 0.79788456080286536f), set1(0.79788456080286536f));
  const f32v half = set1(0.5f);
  return x * fma(half, tanh(inner), half);
}

// x tanh(softplus(x)) by e = exp(x): tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2).
CORACLE_INLINE f32v mish(f32v x) {
  const f32v e = exp(min(set1(20.0f), x));
  const f32v n = e * (e + set1(2.0f));
  return x * (n / (n + set1(2.0f)));
}

// x / y for y of at least 1, within 2 ulp; infinities too.
CORACLE_INLINE f32v divide_by_large(f32v x, f32v y) {
#if CORACLE_WIDTH == 16
  const f32v near = {_mm512_rcp14_ps(y.v)};
  return x * fma(near, fnma(y, near, set1(1.0f)), near);
#else
  return x / y;
#endif
}

// x / (1 + exp(-x)) within 4e-7 of it, nothing to speak of from -87 down.
// exp(-x) = 2^n exp(-r): n is rounded into the last bits of a large number and from there shifted to the exponent.
// A multiplication that rounds (no fma) needs ln 2 in two parts.
CORACLE_INLINE f32v swish(f32v x) {
  const f32v above = max(set1(-87.0f), x), large = set1(12582912.0f), inside = min(set1(87.0f), above);
  const f32v t = fma(inside, set1(-1.44269504088896341f), large);
  const f32v n = t - large;
#if CORACLE_WIDTH == 4
  const f32v r = fma(n, set1(1.4286067653e-6f), fma(n, set1(0.693145751953125f), inside));
#else
  const f32v r = fma(n, set1(0.693147180559945309f), inside);
#endif
  const float c[] = {-8.297619103e-03f, 4.191563027e-02f,  -1.666757655e-01f,
                     4.999889265e-01f,  -9.999996911e-01f, 1.000000072e+00f};
  const f32v power = as_f32(as_i32(polynomial(r, c)) + shl<23>(as_i32(t)));
  return divide_by_large(above, power + set1(1.0f));
}

CORACLE_INLINE f32v hard_swish(f32v x) { return x * clamp(fma(set1(1.0f / 6.0f), x, set1(0.5f)), zero(), set1(1.0f)); }

CORACLE_INLINE f32v hard_sigmoid(f32v x, f32v alpha, f32v beta) {
  return clamp(fma(alpha, x, beta), zero(), set1(1.0f));
}

// The code is known when compiling; unlisted codes are the identity.
template <int32_t act>
CORACLE_INLINE f32v activate(f32v x, f32v a, f32v b) {
  if constexpr (act == CORACLE_ACT_RELU) return max(zero(), x);
  if constexpr (act == CORACLE_ACT_CLIP) return clamp(x, a, b);
  if constexpr (act == CORACLE_ACT_LEAKY_RELU) return select(lt(x, zero()), a * x, x);
  if constexpr (act == CORACLE_ACT_HARD_SIGMOID) return hard_sigmoid(x, a, b);
  if constexpr (act == CORACLE_ACT_HARD_SWISH) return hard_swish(x);
  if constexpr (act == CORACLE_ACT_SIGMOID) return sigmoid(x);
  if constexpr (act == CORACLE_ACT_TANH) return tanh(x);
  if constexpr (act == CORACLE_ACT_SWISH) return x * sigmoid(a * x);
  if constexpr (act == CORACLE_ACT_ELU) return select(lt(x, zero()), a * expm1(x), x);
  if constexpr (act == CORACLE_ACT_SOFTPLUS) return softplus(x);
  if constexpr (act == CORACLE_ACT_MISH) return mish(x);
  if constexpr (act == CORACLE_ACT_GELU) return any(ne(a, zero())) ? gelu_tanh(x) : gelu(x);
  return x;
}

// The code is known when running.
static inline f32v activate(f32v x, int32_t act, f32v a, f32v b) {
  switch (act) {
    case CORACLE_ACT_RELU: return activate<CORACLE_ACT_RELU>(x, a, b);
    case CORACLE_ACT_CLIP: return activate<CORACLE_ACT_CLIP>(x, a, b);
    case CORACLE_ACT_LEAKY_RELU: return activate<CORACLE_ACT_LEAKY_RELU>(x, a, b);
    case CORACLE_ACT_HARD_SIGMOID: return activate<CORACLE_ACT_HARD_SIGMOID>(x, a, b);
    case CORACLE_ACT_HARD_SWISH: return activate<CORACLE_ACT_HARD_SWISH>(x, a, b);
    case CORACLE_ACT_SIGMOID: return activate<CORACLE_ACT_SIGMOID>(x, a, b);
    case CORACLE_ACT_TANH: return activate<CORACLE_ACT_TANH>(x, a, b);
    case CORACLE_ACT_SWISH: return activate<CORACLE_ACT_SWISH>(x, a, b);
    case CORACLE_ACT_GELU: return activate<CORACLE_ACT_GELU>(x, a, b);
    case CORACLE_ACT_ELU: return activate<CORACLE_ACT_ELU>(x, a, b);
    case CORACLE_ACT_SOFTPLUS: return activate<CORACLE_ACT_SOFTPLUS>(x, a, b);
    case CORACLE_ACT_MISH: return activate<CORACLE_ACT_MISH>(x, a, b);
    default: return x;
  }
}

// Stands for every code without a loop of its own.
constexpr int32_t other_activation = -1;

template <int32_t act>
struct activation_tag {
  static constexpr int32_t code = act;
};

// Calls f with the activation_tag of act: one specialised body for each of the cheap activations that networks are full
// of, and one (code other_activation) for the rest. Within f, `activate_as(tag, x, act, a, b)` applies it.
template <class F>
CORACLE_INLINE void dispatch_activation(int32_t act, F f) {
  switch (act) {
    case CORACLE_ACT_NONE: return f(activation_tag<CORACLE_ACT_NONE>{});
    case CORACLE_ACT_RELU: return f(activation_tag<CORACLE_ACT_RELU>{});
    case CORACLE_ACT_CLIP: return f(activation_tag<CORACLE_ACT_CLIP>{});
    case CORACLE_ACT_LEAKY_RELU: return f(activation_tag<CORACLE_ACT_LEAKY_RELU>{});
    case CORACLE_ACT_HARD_SWISH: return f(activation_tag<CORACLE_ACT_HARD_SWISH>{});
    default: return f(activation_tag<other_activation>{});
  }
}

template <int32_t code>
CORACLE_INLINE f32v activate_as(activation_tag<code>, f32v x, int32_t act, f32v a, f32v b) {
  if constexpr (code == other_activation) {
    return activate(x, act, a, b);
  } else {
    return activate<code>(x, a, b);
  }
}

}  // namespace coracle::CORACLE_ISA
