#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/norm/statistics.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [N, groups, group, spatial], scale [C], bias [C], y (may be x's memory); C is groups * group.
// Task t: group t of the N * groups. Instance norm has group 1.
struct GroupNormParams {
  int32_t groups;
  int32_t group;
  int32_t spatial;
  float epsilon;
};

// args: x blocked [N, ceil(C/b), H, W, b], scale [C], bias [C], y. Task t: block t of the N * ceil(C/b).
struct BlockedNormParams {
  int32_t channels;
  int32_t spatial;
  float epsilon;
};

template <class F>
f32v lane_mean(const float* x, int64_t n, F f) {
  constexpr int64_t kWidth = f32v::width, kPiece = 512;
  f32v total = zero();
  for (int64_t i = 0; i < n; i += kPiece) {
    const int64_t end = min64(i + kPiece, n);
    f32v part = zero();
    for (int64_t j = i; j < end; ++j) part += f(load(x + j * kWidth));
    total += part;
  }
  return total / set1(static_cast<float>(n));
}

}  // namespace

void f32_group_norm(const coracle_call* call, int32_t begin, int32_t end) {
  GroupNormParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  const float* scale = static_cast<const float*>(call->args[1]);
  const float* bias = static_cast<const float*>(call->args[2]);
  float* y = static_cast<float*>(call->args[3]);
  const int64_t count = static_cast<int64_t>(p.group) * p.spatial;
  for (int64_t task = begin; task < end; ++task) {
    const float* from = x + task * count;
    const Statistics s = statistics_of(from, count);
    const float inverse = inverse_deviation(s.variance, p.epsilon);
    for (int64_t c = 0; c < p.group; ++c) {
      const int64_t channel = task % p.groups * p.group + c;
      center_scale_shift(from + c * p.spatial, y + task * count + c * p.spatial, p.spatial,
                         {s.mean, scale[channel] * inverse, bias[channel]});
    }
  }
}

void f32_instance_norm_blocked(const coracle_call* call, int32_t begin, int32_t end) {
  BlockedNormParams p;
  memcpy(&p, call->params, sizeof p);
  constexpr int64_t kWidth = f32v::width;
  const int64_t blocks = (p.channels + kWidth - 1) / kWidth;
  for (int64_t task = begin; task < end; ++task) {
    const int64_t channel = task % blocks * kWidth;
    const int lanes = static_cast<int>(min64(kWidth, p.channels - channel));
    const float* x = static_cast<const float*>(call->args[0]) + task * p.spatial * kWidth;
    float* y = static_cast<float*>(call->args[3]) + task * p.spatial * kWidth;
    const f32v mean = lane_mean(x, p.spatial, [](f32v v) { return v; });
    const f32v variance = lane_mean(x, p.spatial, [mean](f32v v) { return (v - mean) * (v - mean); });
    const f32v scale = load_n(static_cast<const float*>(call->args[1]) + channel, lanes);
    const f32v factor = scale / sqrt(variance + set1(p.epsilon));
    const f32v bias = load_n(static_cast<const float*>(call->args[2]) + channel, lanes);
    for (int64_t i = 0; i < p.spatial; ++i) store(y + i * kWidth, fma(load(x + i * kWidth) - mean, factor, bias));
  }
}

}  // namespace coracle::CORACLE_ISA
