#include <string.h>

#include "kernels.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

constexpr int width = f32v::width;
constexpr int chains = 12;

struct PeakParams {
  int32_t iterations;
};

}  // namespace

// args: y [tasks, 12, width]. Chain c starts at c + 1 and takes x <- x / 2 + 1 / 2 `iterations` times: chains are
// independent, so the multiply-adds of a step wait for nothing but the chain's own last step.
void f32_peak(const coracle_call* call, int32_t begin, int32_t end) {
  PeakParams p;
  memcpy(&p, call->params, sizeof p);
  float* y = static_cast<float*>(call->args[0]);
  const f32v half = set1(0.5f);
  for (int32_t task = begin; task < end; task++) {
    f32v x[chains];
    for (int c = 0; c < chains; c++) x[c] = set1(static_cast<float>(c + 1));
    for (int32_t i = 0; i < p.iterations; i++) {
#pragma GCC unroll 12
      for (int c = 0; c < chains; c++) x[c] = fma(x[c], half, half);
    }
    for (int c = 0; c < chains; c++) store(y + (static_cast<int64_t>(task) * chains + c) * width, x[c]);
  }
}

}  // namespace coracle::CORACLE_ISA
