// What happens to a sum on its way to memory. Activations that are a clamp cost nothing;
// the others run over what was just stored, while it is in L1.
#pragma once
#include "simd/activation.h"

namespace coracle::CORACLE_ISA {
namespace {

struct Epilogue {
  float low, high;
  int32_t after;  // an activation that is no clamp, or CORACLE_ACT_NONE
  float a, b;
};

CORACLE_INLINE Epilogue make_epilogue(int32_t activation, float a, float b) {
  const float infinity = __builtin_inff();
  Epilogue e = {-infinity, infinity, CORACLE_ACT_NONE, a, b};
  if (activation == CORACLE_ACT_RELU) {
    e.low = 0;
  } else if (activation == CORACLE_ACT_CLIP) {
    e.low = a;
    e.high = b;
  } else {
    e.after = activation;
  }
  return e;
}

// Calls apply(x) for rows x vectors of out, as a tile stored them.
template <class Apply>
CORACLE_INLINE void over_stored(float* out, int rows, int vectors, intptr_t row_stride, intptr_t vector_stride,
                                int lanes, Apply apply) {
  for (int v = 0; v < vectors; ++v) {
    float* at = out + v * vector_stride;
    if (v + 1 < vectors || lanes == f32v::width) {
#pragma GCC unroll 4
      for (int m = 0; m < rows; ++m) store(at + m * row_stride, apply(load(at + m * row_stride)));
    } else {
      for (int m = 0; m < rows; ++m) store_n(at + m * row_stride, apply(load_n(at + m * row_stride, lanes)), lanes);
    }
  }
}

__attribute__((noinline, unused)) void activate_stored(const Epilogue& e, float* out, int rows, int vectors,
                                                       intptr_t row_stride, intptr_t vector_stride, int lanes) {
  const f32v a = set1(e.a), b = set1(e.b);
  const auto over = [&](auto apply) { over_stored(out, rows, vectors, row_stride, vector_stride, lanes, apply); };
  if (e.after == CORACLE_ACT_SWISH && e.a == 1.0f)
    over([](f32v x) { return swish(x); });
  else if (e.after == CORACLE_ACT_HARD_SWISH)
    over([](f32v x) { return hard_swish(x); });
  else
    over([&](f32v x) { return activate(x, e.after, a, b); });
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
