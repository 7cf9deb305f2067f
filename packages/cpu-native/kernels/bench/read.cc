#include <string.h>

#include "kernels.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

constexpr int width = f32v::width;
constexpr int streams = 8;
constexpr int out_stride = 16;

struct ReadParams {
  int32_t elements_per_task;
  int32_t passes;
};

float sum_passes(const float* x, const ReadParams& p) {
  f32v sums[streams];
  for (int s = 0; s < streams; s++) sums[s] = zero();
  for (int32_t pass = 0; pass < p.passes; pass++) {
    int32_t i = 0;
    for (; i + streams * width <= p.elements_per_task; i += streams * width) {
#pragma GCC unroll 8
      for (int s = 0; s < streams; s++) sums[s] = sums[s] + load(x + i + s * width);
    }
    for (; i + width <= p.elements_per_task; i += width) sums[0] = sums[0] + load(x + i);
    if (i < p.elements_per_task) sums[1] = sums[1] + load_n(x + i, p.elements_per_task - i);
  }
  for (int s = 1; s < streams; s++) sums[0] = sums[0] + sums[s];
  return reduce_add(sums[0]);
}

}  // namespace

// args: x [tasks, elements_per_task], y [tasks, 16]. y[t, 0] is the sum of x[t], times `passes`: each pass reads all of
// it again. Rows of y are a cache line apart.
void f32_read(const coracle_call* call, int32_t begin, int32_t end) {
  ReadParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  float* y = static_cast<float*>(call->args[1]);
  for (int32_t task = begin; task < end; task++) {
    y[static_cast<int64_t>(task) * out_stride] = sum_passes(x + static_cast<int64_t>(task) * p.elements_per_task, p);
  }
}

}  // namespace coracle::CORACLE_ISA
