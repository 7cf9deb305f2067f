// One dimension of a minimal filtering: outputs of a filter, as products of transformed inputs with transformed taps.
#pragma once
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// Interpolation is at 0, infinity and plus and minus each of these. Pairs with a product of 1 keep the matrices'
// entries and so the rounding errors small.
template <int pairs>
struct Points;
template <>
struct Points<1> {
  static constexpr double at[] = {1};
};
template <>
struct Points<2> {
  static constexpr double at[] = {2.0 / 3, 1.5};
};
template <>
struct Points<3> {
  static constexpr double at[] = {1, 0.5, 2};
};
template <>
struct Points<5> {
  static constexpr double at[] = {1, 0.4, 2.5, 0.75, 4.0 / 3};
};

// whole: coefficients of the product of (x - at * at) over every pair; rest[i]: over every pair but i.
template <int pairs>
struct Polynomials {
  double whole[pairs + 1] = {};
  double rest[pairs][pairs] = {};

  constexpr Polynomials() {
    multiply(whole, -1);
    for (int i = 0; i < pairs; ++i) multiply(rest[i], i);
  }

 private:
  static constexpr void multiply(double* to, int without) {
    int degree = 0;
    to[0] = 1;
    for (int i = 0; i < pairs; ++i) {
      if (i == without) continue;
      const double root = Points<pairs>::at[i] * Points<pairs>::at[i];
      to[++degree] = 1;
      for (int k = degree - 1; k >= 0; --k) to[k] = (k > 0 ? to[k - 1] : 0) - root * to[k];
    }
  }
};

constexpr double power(double x, int n) { return n == 0 ? 1 : x * power(x, n - 1); }

// Of m outputs and r taps.
template <int m, int r>
struct TapMatrix {
  static constexpr int size = m + r - 1, pairs = (size - 2) / 2;
  double rows[size][r] = {};

  constexpr TapMatrix() {
    const Polynomials<pairs> polynomials;
    for (int k = 0; k < r; ++k) {
      rows[0][k] = k == 0 ? 1 / polynomials.whole[0] : 0;
      rows[size - 1][k] = k == r - 1 ? 1 : 0;
      for (int i = 0; i < pairs; ++i) {
        const double at = Points<pairs>::at[i];
        double slope = 0;
        for (int j = 0; j < pairs; ++j) slope += polynomials.rest[i][j] * power(at, 2 * j);
        const double tap = power(at, k) / (2 * at * at * slope);
        rows[1 + 2 * i][k] = tap;
        rows[2 + 2 * i][k] = k % 2 ? -tap : tap;
      }
    }
  }
};

struct OneTap {
  double rows[1][1] = {{1}};
};

CORACLE_INLINE f32v constant(double value) { return set1(static_cast<float>(value)); }

// The inputs' side: it does not depend on how many of them are taps.
template <int count>
struct Inputs {
  static constexpr int size = count, pairs = (size - 2) / 2;
  static_assert(size % 2 == 0, "points come in pairs");
  static constexpr Polynomials<pairs> polynomials = {};

  // The sum of coefficients[i] * d[first + 2 * i]; the last coefficient is 1.
  template <int terms>
  CORACLE_INLINE f32v evaluate(const double (&coefficients)[terms], const f32v (&d)[size], int first) {
    f32v sum = d[first + 2 * (terms - 1)];
#pragma GCC unroll 8
    for (int i = terms - 2; i >= 0; --i) sum = fma(constant(coefficients[i]), d[first + 2 * i], sum);
    return sum;
  }

  CORACLE_INLINE void transform(const f32v (&d)[size], f32v (&t)[size]) {
    t[0] = evaluate(polynomials.whole, d, 0);
    t[size - 1] = evaluate(polynomials.whole, d, 1);
#pragma GCC unroll 8
    for (int i = 0; i < pairs; ++i) {
      const f32v even = evaluate(polynomials.rest[i], d, 2), odd = evaluate(polynomials.rest[i], d, 1);
      t[1 + 2 * i] = fma(constant(Points<pairs>::at[i]), odd, even);
      t[2 + 2 * i] = fnma(constant(Points<pairs>::at[i]), odd, even);
    }
  }
};

template <>
struct Inputs<1> {
  static constexpr int size = 1;
  CORACLE_INLINE void transform(const f32v (&d)[1], f32v (&t)[1]) { t[0] = d[0]; }
};

// m outputs of an r-tap filter from m + r - 1 inputs, an even number.
template <int m, int r>
struct Filtering {
  static constexpr int outputs = m, taps = r, size = m + r - 1, pairs = (size - 2) / 2;
  static constexpr TapMatrix<m, r> matrix = {};
  using At = Points<pairs>;

  CORACLE_INLINE void output(const f32v (&t)[size], f32v (&y)[m]) {
    f32v sums[pairs], differences[pairs];
#pragma GCC unroll 8
    for (int i = 0; i < pairs; ++i) {
      sums[i] = t[1 + 2 * i] + t[2 + 2 * i];
      differences[i] = t[1 + 2 * i] - t[2 + 2 * i];
    }
#pragma GCC unroll 8
    for (int row = 0; row < m; ++row) {
      const f32v* from = row % 2 ? differences : sums;
      f32v sum = constant(power(At::at[0], row)) * from[0];
#pragma GCC unroll 8
      for (int i = 1; i < pairs; ++i) sum = fma(constant(power(At::at[i], row)), from[i], sum);
      y[row] = row == 0 ? sum + t[0] : row == m - 1 ? sum + t[size - 1] : sum;
    }
  }
};

// An axis along which the filter has one tap.
struct Along {
  static constexpr int outputs = 1, taps = 1, size = 1;
  static constexpr OneTap matrix = {};

  CORACLE_INLINE void output(const f32v (&t)[1], f32v (&y)[1]) { y[0] = t[0]; }
};

}  // namespace
}  // namespace coracle::CORACLE_ISA
