#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/norm/statistics.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [N, C, spatial], scale, bias, mean, variance [C], y (may be x's memory); is_blocked: x and y blocked.
// Task t: planes t*chunk... of the N * C planes, or of the N * ceil(C/b) blocks.
struct BatchNormParams {
  int32_t planes;
  int32_t channels;
  int32_t spatial;
  float epsilon;
  int32_t is_blocked;
  int32_t chunk;
};

struct Channel {
  const float* scale;
  const float* bias;
  const float* mean;
  const float* variance;
};

void plane(const BatchNormParams& p, const Channel& c, const float* x, float* y, int64_t index) {
  const int64_t channel = index % p.channels;
  const float factor = c.scale[channel] * inverse_deviation(c.variance[channel], p.epsilon);
  scale_shift(x + index * p.spatial, y + index * p.spatial, p.spatial, factor,
              c.bias[channel] - c.mean[channel] * factor);
}

void block(const BatchNormParams& p, const Channel& c, const float* x, float* y, int64_t index) {
  constexpr int64_t kWidth = f32v::width;
  const int64_t channel = index % ((p.channels + kWidth - 1) / kWidth) * kWidth;
  const int lanes = static_cast<int>(min64(kWidth, p.channels - channel));
  const f32v deviation = sqrt(load_n(c.variance + channel, lanes) + set1(p.epsilon));
  const f32v factor = load_n(c.scale + channel, lanes) / deviation;
  const f32v shift = fnma(load_n(c.mean + channel, lanes), factor, load_n(c.bias + channel, lanes));
  x += index * p.spatial * kWidth;
  y += index * p.spatial * kWidth;
  for (int64_t i = 0; i < p.spatial; ++i) store(y + i * kWidth, fma(load(x + i * kWidth), factor, shift));
}

}  // namespace

void f32_batch_norm(const coracle_call* call, int32_t begin, int32_t end) {
  BatchNormParams p;
  memcpy(&p, call->params, sizeof p);
  void* const* args = call->args;
  const float* x = static_cast<const float*>(args[0]);
  const Channel c = {static_cast<const float*>(args[1]), static_cast<const float*>(args[2]),
                     static_cast<const float*>(args[3]), static_cast<const float*>(args[4])};
  float* y = static_cast<float*>(args[5]);
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.planes);
  for (int64_t i = static_cast<int64_t>(begin) * p.chunk; i < last; ++i) {
    if (p.is_blocked) {
      block(p, c, x, y, i);
    } else {
      plane(p, c, x, y, i);
    }
  }
}

}  // namespace coracle::CORACLE_ISA
