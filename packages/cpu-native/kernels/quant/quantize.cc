#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [outer, axis, inner], scale [axis], zero point [axis] of the quantised dtype, y. Task t: elements t*chunk...
// Per tensor: axis 1. dtype: 0 u8, 1 i8, 2 i32 (dequantise only).
struct QuantParams {
  int32_t dtype;
  int32_t count;
  int32_t axis;
  int32_t inner;
  int32_t chunk;
};

// args: x, scale (1 f32), zero point (1 u8). One task.
struct RangeParams {
  int32_t count;
};

void put(uint8_t* p, i32v v) { store_u8(p, v); }
void put(int8_t* p, i32v v) { store_i8(p, v); }
i32v get(const uint8_t* p) { return load_u8(p); }
i32v get(const int8_t* p) { return load_i8(p); }

f32v quantized(f32v x, f32v scale) { return clamp(round_even(x / scale), set1(-1e6f), set1(1e6f)); }

template <class T>
void quantize_run(const float* x, T* y, int64_t n, float scale, int32_t zero_point) {
  constexpr int64_t kWidth = f32v::width;
  const f32v s = set1(scale);
  const i32v z = set1(zero_point);
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) put(y + i, to_i32(quantized(load(x + i), s)) + z);
  if (i < n) {
    T lanes[kWidth];
    put(lanes, to_i32(quantized(load_n(x + i, static_cast<int>(n - i)), s)) + z);
    memcpy(y + i, lanes, n - i);
  }
}

template <class T>
void dequantize_run(const T* x, float* y, int64_t n, float scale, int32_t zero_point) {
  constexpr int64_t kWidth = f32v::width;
  const f32v s = set1(scale);
  const i32v z = set1(zero_point);
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) store(y + i, to_f32(get(x + i) - z) * s);
  for (; i < n; ++i) y[i] = static_cast<float>(x[i] - zero_point) * scale;
}

template <>
void dequantize_run(const int32_t* x, float* y, int64_t n, float scale, int32_t zero_point) {
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(static_cast<int64_t>(x[i]) - zero_point) * scale;
}

// Calls run(first element, count, channel) for every stretch of one channel in the tasks.
template <class Run>
void for_channels(const QuantParams& p, int32_t begin, int32_t end, Run run) {
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.count);
  int64_t at = static_cast<int64_t>(begin) * p.chunk;
  while (at < last) {
    const int64_t stretch = p.axis == 1 ? last - at : min64(p.inner - at % p.inner, last - at);
    run(at, stretch, p.axis == 1 ? 0 : at / p.inner % p.axis);
    at += stretch;
  }
}

template <class T>
void quantize_typed(const QuantParams& p, void* const* args, int32_t begin, int32_t end) {
  const float* scale = static_cast<const float*>(args[1]);
  const T* zero_point = static_cast<const T*>(args[2]);
  for_channels(p, begin, end, [&](int64_t at, int64_t n, int64_t c) {
    quantize_run(static_cast<const float*>(args[0]) + at, static_cast<T*>(args[3]) + at, n, scale[c], zero_point[c]);
  });
}

template <class T>
void dequantize_typed(const QuantParams& p, void* const* args, int32_t begin, int32_t end) {
  const float* scale = static_cast<const float*>(args[1]);
  const T* zero_point = static_cast<const T*>(args[2]);
  for_channels(p, begin, end, [&](int64_t at, int64_t n, int64_t c) {
    dequantize_run(static_cast<const T*>(args[0]) + at, static_cast<float*>(args[3]) + at, n, scale[c], zero_point[c]);
  });
}

}  // namespace

void f32_quantize(const coracle_call* call, int32_t begin, int32_t end) {
  QuantParams p;
  memcpy(&p, call->params, sizeof p);
  if (p.dtype == 0) return quantize_typed<uint8_t>(p, call->args, begin, end);
  quantize_typed<int8_t>(p, call->args, begin, end);
}

void f32_dequantize(const coracle_call* call, int32_t begin, int32_t end) {
  QuantParams p;
  memcpy(&p, call->params, sizeof p);
  switch (p.dtype) {
    case 0: return dequantize_typed<uint8_t>(p, call->args, begin, end);
    case 1: return dequantize_typed<int8_t>(p, call->args, begin, end);
    default: return dequantize_typed<int32_t>(p, call->args, begin, end);
  }
}

// The scale and zero point of dynamic quantisation to u8: the range of x, widened to hold 0.
void f32_dynamic_range(const coracle_call* call, int32_t, int32_t) {
  RangeParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  constexpr int64_t kWidth = f32v::width;
  f32v low = zero(), high = zero();
  int64_t i = 0;
  for (; i + kWidth <= p.count; i += kWidth) {
    low = min(low, load(x + i));
    high = max(high, load(x + i));
  }
  if (i < p.count) {
    const f32v v = load_n(x + i, static_cast<int>(p.count - i));
    low = min(low, v);
    high = max(high, v);
  }
  const float bottom = reduce_min(low), top = reduce_max(high);
  const float scale = (top - bottom) / 255.0f;
  float lanes[kWidth];
  store(lanes, round_even(set1(scale == 0 ? 0.0f : -bottom / scale)));
  const float zero_point = lanes[0] < 0 ? 0 : lanes[0] > 255 ? 255 : lanes[0];
  *static_cast<float*>(call->args[1]) = scale == 0 ? 1.0f : scale;
  *static_cast<uint8_t*>(call->args[2]) = static_cast<uint8_t>(zero_point);
}

}  // namespace coracle::CORACLE_ISA
