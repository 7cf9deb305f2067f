// What kernels of these families share: reading a call, whole-number arithmetic.
#pragma once
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

template <class T>
CORACLE_INLINE T* arg(const coracle_call* call, int index) {
  return static_cast<T*>(call->args[index]);
}

// Params are structs of int32 and float members in the order in which the lowering writes the words.
template <class T>
CORACLE_INLINE const T& params(const coracle_call* call) {
  return *reinterpret_cast<const T*>(call->params);
}

CORACLE_INLINE int min_int(int a, int b) { return a < b ? a : b; }
CORACLE_INLINE int max_int(int a, int b) { return a > b ? a : b; }
CORACLE_INLINE int clamp_int(int x, int low, int high) { return x < low ? low : x > high ? high : x; }
CORACLE_INLINE int ceil_div(int a, int b) { return (a + b - 1) / b; }

}  // namespace
}  // namespace coracle::CORACLE_ISA
