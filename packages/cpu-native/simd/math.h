// Elementary functions of f32 lanes, within a few ulp; the polynomials are minimax fits over the reduced ranges.
// NaN in gives NaN out, infinities go to their limits. Where the thread flushes denormals, denormal inputs count as 0.
#pragma once
#include <math.h>

#include "simd/simd.h"

namespace coracle::CORACLE_ISA {

template <int n>
CORACLE_INLINE f32v polynomial(f32v x, const float (&highest_first)[n]) {
  f32v sum = set1(highest_first[0]);
  for (int i = 1; i < n; i++) sum = fma(sum, x, set1(highest_first[i]));
  return sum;
}

// x = n ln 2 + r with |r| <= ln 2 / 2.
struct exp_reduction {
  f32v n;
  f32v r;
};
CORACLE_INLINE exp_reduction reduce_exp(f32v x) {
  const f32v n = round_even(x * set1(1.44269504088896341f));
  const f32v high = fnma(n, set1(0.693145751953125f), x);
  return {n, fnma(n, set1(1.4286067653e-6f), high)};
}

CORACLE_INLINE f32v exp(f32v x) {
  const exp_reduction e = reduce_exp(clamp(x, set1(-104.0f), set1(89.0f)));
  const float c[] = {1.395172090e-03f, 8.369598538e-03f, 4.166618735e-02f, 1.666651219e-01f, 0.5f};
  const f32v p = fma(e.r * e.r, polynomial(e.r, c), e.r) + set1(1.0f);
  return scale_by_power(p, e.n);
}

CORACLE_INLINE f32v expm1(f32v x) {
  const exp_reduction e = reduce_exp(clamp(x, set1(-40.0f), set1(88.0f)));
  const float c[] = {1.991559548e-04f, 1.394200721e-03f, 8.333270438e-03f, 4.166634381e-02f, 1.666666716e-01f, 0.5f};
  const f32v p = fma(e.r * e.r, polynomial(e.r, c), e.r);
  const f32v power = scale_by_power(set1(1.0f), e.n);
  const f32v y = fma(power, p, power - set1(1.0f));
  const f32m large = gt(x, set1(88.0f));
  return any(large) ? select(large, exp(x), y) : y;
}

// For normal, positive, finite x.
CORACLE_INLINE f32v log_normal(f32v x) {
  const i32v root_half = set1(0x3f3504f3);
  const i32v t = as_i32(x) - root_half;
  const f32v e = to_f32(shr<23>(t));
  const f32v f = as_f32((t & set1(0x7fffff)) + root_half) - set1(1.0f);
  const float c[] = {6.928361207e-02f,  -1.180753186e-01f, 1.187651604e-01f,  -1.238178164e-01f, 1.421792656e-01f,
                     -1.666936427e-01f, 2.000226080e-01f,  -2.499998510e-01f, 3.333331048e-01f};
  const f32v square = f * f;
  f32v y = square * f * polynomial(f, c);
  y = fma(e, set1(1.4286067653e-6f), y);
  y = fnma(set1(0.5f), square, y);
  return fma(e, set1(0.693145751953125f), f + y);
}

CORACLE_INLINE f32v log(f32v x) {
  const f32v infinity = set1(INFINITY);
  const f32m tiny = lt(x, set1(1.17549435e-38f));
  const f32v scaled = select(tiny, x * set1(8388608.0f), x);
  f32v y = log_normal(scaled);
  y = select(tiny, y - set1(15.9423851528787f), y);
  y = select(eq(x, infinity) | is_nan(x), x, y);
  y = select(eq(scaled, zero()), neg(infinity), y);
  return select(lt(x, zero()), set1(NAN), y);
}

// For x in [0, 1]: log(1 + x) with the rounding error of 1 + x given back.
CORACLE_INLINE f32v log1p_unit(f32v x) {
  const f32v u = x + set1(1.0f);
  return log_normal(u) + (x - (u - set1(1.0f))) / u;
}

CORACLE_INLINE f32v log1p(f32v x) {
  const f32v u = x + set1(1.0f);
  const f32v y = log(u) + (x - (u - set1(1.0f))) / u;
  return select(eq(u, zero()) | eq(u, set1(INFINITY)), log(u), y);
}

CORACLE_INLINE f32v sigmoid(f32v x) {
  const f32v one = set1(1.0f);
  return one / (one + exp(neg(x)));
}

CORACLE_INLINE f32v tanh(f32v x) {
  const f32v a = abs(x);
  const f32v one = set1(1.0f);
  const f32v square = a * a;
  const float c[] = {-5.679772235e-03f, 2.061860263e-02f, -5.373417214e-02f, 1.333138645e-01f, -3.333328068e-01f};
  const f32v small = fma(a * square, polynomial(square, c), a);
  const f32v large = one - set1(2.0f) / (exp(a + a) + one);
  return copysign(select(lt(a, set1(0.625f)), small, large), x);
}

CORACLE_INLINE f32v erf(f32v x) {
  const f32v a = min(set1(4.05f), abs(x));
  const f32v square = a * a;
  const float c[] = {7.889127301e-05f, -8.020843379e-04f, 5.189535674e-03f, -2.685444430e-02f,
                     1.128360033e-01f, -3.761262596e-01f, 1.128379107e+00f};
  const float d[] = {1.537414391e-05f, -3.527497465e-04f, 3.685709788e-03f, -2.356700972e-02f,
                     1.053948402e-01f, 6.364613175e-01f,  1.127706766e+00f, 2.611881355e-04f};
  const f32v small = a * polynomial(square, c);
  const f32v large = set1(1.0f) - exp(neg(polynomial(a, d)));
  return copysign(select(lt(a, set1(1.0f)), small, large), x);
}

CORACLE_INLINE f32v softplus(f32v x) { return max(zero(), x) + log1p_unit(exp(neg(abs(x)))); }

template <class F>
CORACLE_INLINE f32v replace_lanes(f32m lanes, f32v x, f32v y, F scalar) {
  float in[f32v::width], out[f32v::width];
  store(in, x);
  store(out, y);
  const uint32_t bits = mask_bits(lanes);
  for (int i = 0; i < f32v::width; i++) {
    if (bits >> i & 1) out[i] = scalar(in[i]);
  }
  return load(out);
}

// sin for quadrant 0, cos for quadrant 1, of |x| <= 8192; larger lanes are the caller's.
CORACLE_INLINE f32v sin_quadrant(f32v x, int32_t quadrant) {
  const f32v n = round_even(x * set1(0.636619772367581343f));
  f32v r = fnma(n, set1(1.5703125f), x);
  r = fnma(n, set1(4.8375129700e-04f), r);
  r = fnma(n, set1(7.5495336205e-08f), r);
  r = fnma(n, set1(2.5633440683e-12f), r);
  const f32v square = r * r;
  const float s[] = {2.717568350e-06f, -1.983925758e-04f, 8.333329111e-03f, -1.666666716e-01f};
  const float c[] = {2.443130506e-05f, -1.388730714e-03f, 4.166664556e-02f};
  const f32v sine = fma(r * square, polynomial(square, s), r);
  const f32v cosine = fma(square * square, polynomial(square, c), fnma(set1(0.5f), square, set1(1.0f)));
  const i32v q = to_i32(n) + set1(quadrant);
  const f32v y = select(eq(q & set1(1), zero_i32()), sine, cosine);
  return as_f32(as_i32(y) ^ shl<30>(q & set1(2)));
}

CORACLE_INLINE f32v sin(f32v x) {
  const f32v y = sin_quadrant(x, 0);
  const f32m large = gt(abs(x), set1(8192.0f));
  return any(large) ? replace_lanes(large, x, y, [](float v) { return ::sinf(v); }) : y;
}

CORACLE_INLINE f32v cos(f32v x) {
  const f32v y = sin_quadrant(x, 1);
  const f32m large = gt(abs(x), set1(8192.0f));
  return any(large) ? replace_lanes(large, x, y, [](float v) { return ::cosf(v); }) : y;
}

// C's powf, lane by lane: a negative base with a whole exponent is right too.
CORACLE_INLINE f32v pow(f32v x, f32v y) {
  float base[f32v::width], exponent[f32v::width];
  store(base, x);
  store(exponent, y);
  for (int i = 0; i < f32v::width; i++) base[i] = ::powf(base[i], exponent[i]);
  return load(base);
}

}  // namespace coracle::CORACLE_ISA
