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

// rows x vectors of out, as a tile stored them.
__attribute__((noinline, unused)) void activate_stored(const Epilogue& e, float* out, int rows, int vectors,
                                                       intptr_t row_stride, intptr_t vector_stride, int lanes) {
  const f32v a = set1(e.a), b = set1(e.b);
  for (int m = 0; m < rows; ++m) {
    for (int v = 0; v < vectors; ++v) {
      float* at = out + m * row_stride + v * vector_stride;
      if (v + 1 < vectors || lanes == f32v::width) store(at, activate(load(at), e.after, a, b));
      else store_n(at, activate(load_n(at, lanes), e.after, a, b), lanes);
    }
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
