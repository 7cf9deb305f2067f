// How each reduction starts, takes one element, joins two partial results and finishes.
#pragma once
#include <math.h>
#include <stdint.h>

#include "simd/math.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// The codes of backend-x86/src/kernels/reduce.ts. LogSumExp subtracts the maximum first.
enum ReduceOp { kSum, kMean, kMax, kMin, kProd, kL1, kL2, kLogSum, kLogSumExp, kSumSquare };

constexpr float kInfinity = __builtin_inff();

struct SumStep {
  static constexpr float start = 0;
  f32v take(f32v total, f32v x) const { return total + x; }
  f32v join(f32v a, f32v b) const { return a + b; }
  double join(double a, double b) const { return a + b; }
};
struct L1Step : SumStep {
  f32v take(f32v total, f32v x) const { return total + abs(x); }
};
struct SquareStep : SumStep {
  f32v take(f32v total, f32v x) const { return fma(x, x, total); }
};
struct ExpStep : SumStep {
  f32v shift;
  f32v take(f32v total, f32v x) const { return total + exp(x - shift); }
};
struct MaxStep {
  static constexpr float start = -kInfinity;
  f32v take(f32v best, f32v x) const { return select(is_nan(best), best, max(best, x)); }
  f32v join(f32v a, f32v b) const { return take(a, b); }
  double join(double a, double b) const { return a != a || a > b ? a : b; }
};
struct MinStep {
  static constexpr float start = kInfinity;
  f32v take(f32v best, f32v x) const { return select(is_nan(best), best, min(best, x)); }
  f32v join(f32v a, f32v b) const { return take(a, b); }
  double join(double a, double b) const { return a != a || a < b ? a : b; }
};
struct ProdStep {
  static constexpr float start = 1;
  f32v take(f32v total, f32v x) const { return total * x; }
  f32v join(f32v a, f32v b) const { return a * b; }
  double join(double a, double b) const { return a * b; }
};

// max(best, x) is `best > x ? best : x`, so a NaN in x comes out; a NaN in best is kept by the select.
template <class F>
void dispatch_reduce(int32_t op, F f) {
  switch (op) {
    case kMax: return f(MaxStep{});
    case kMin: return f(MinStep{});
    case kProd: return f(ProdStep{});
    case kL1: return f(L1Step{});
    case kL2:
    case kSumSquare: return f(SquareStep{});
    default: return f(SumStep{});
  }
}

inline double finish(int32_t op, double total, double count) {
  switch (op) {
    case kMean: return total / count;
    case kL2: return __builtin_sqrt(total);
    default: return total;
  }
}

inline f32v finish(int32_t op, f32v total, f32v count) {
  switch (op) {
    case kMean: return total / count;
    case kL2: return sqrt(total);
    case kLogSum: return log(total);
    default: return total;
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
