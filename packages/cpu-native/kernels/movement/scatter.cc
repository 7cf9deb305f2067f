#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "kernels/movement/indices.h"

namespace coracle::CORACLE_ISA {
namespace {

// One task: later updates win. `reduction` other than none takes f32, i32 or i64.
enum Reduction { kNone, kAdd, kMul, kMax, kMin };
enum Element { kBytes, kF32, kI32, kI64 };

// args: indices, updates (same shape, [dims]), y (holds x already). y_strides has 0 at the axis.
struct ScatterElementsParams {
  int32_t reduction;
  int32_t element;
  int32_t element_bytes;
  int32_t index_bytes;
  int32_t axis, axis_stride;
  int32_t count;
  int32_t rank;
  int32_t dims[kMaxRank];
  int32_t y_strides[kMaxRank];
};

// args: indices [count, depth], updates [count, inner], y [dims..., inner] (holds x already).
struct ScatterNdParams {
  int32_t reduction;
  int32_t element;
  int32_t element_bytes;
  int32_t index_bytes;
  int32_t count, depth, inner;
  int32_t dims[kMaxRank];
};

template <class T>
T wrapped_product(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
template <class T>
T wrapped_sum(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
template <>
float wrapped_product(float a, float b) {
  return a * b;
}
template <>
float wrapped_sum(float a, float b) {
  return a + b;
}

template <class T>
T combine(int32_t reduction, T a, T b) {
  switch (reduction) {
    case kAdd: return wrapped_sum(a, b);
    case kMul: return wrapped_product(a, b);
    case kMax: return b > a ? b : a;
    default: return b < a ? b : a;
  }
}

template <class T>
void update_typed(int32_t reduction, char* y, int64_t to, const char* updates, int64_t from) {
  T a, b;
  memcpy(&a, y + to * sizeof(T), sizeof(T));
  memcpy(&b, updates + from * sizeof(T), sizeof(T));
  a = combine(reduction, a, b);
  memcpy(y + to * sizeof(T), &a, sizeof(T));
}

template <class Params>
void update(const Params& p, char* y, int64_t to, const char* updates, int64_t from) {
  if (p.reduction == kNone) return copy_element(y, to, updates, from, p.element_bytes);
  switch (p.element) {
    case kF32: return update_typed<float>(p.reduction, y, to, updates, from);
    case kI32: return update_typed<int32_t>(p.reduction, y, to, updates, from);
    default: return update_typed<int64_t>(p.reduction, y, to, updates, from);
  }
}

}  // namespace

void scatter_elements(const coracle_call* call, int32_t, int32_t) {
  ScatterElementsParams p;
  memcpy(&p, call->params, sizeof p);
  char* y = static_cast<char*>(call->args[2]);
  for (int64_t i = 0; i < p.count; ++i) {
    int64_t at = index_at(call->args[0], p.index_bytes, i, p.axis) * p.axis_stride;
    int64_t rest = i;
    for (int32_t d = p.rank - 1; d >= 0; --d) {
      at += rest % p.dims[d] * p.y_strides[d];
      rest /= p.dims[d];
    }
    update(p, y, at, static_cast<const char*>(call->args[1]), i);
  }
}

void scatter_nd(const coracle_call* call, int32_t, int32_t) {
  ScatterNdParams p;
  memcpy(&p, call->params, sizeof p);
  char* y = static_cast<char*>(call->args[2]);
  const char* updates = static_cast<const char*>(call->args[1]);
  for (int64_t row = 0; row < p.count; ++row) {
    int64_t at = 0;
    for (int32_t d = 0; d < p.depth; ++d) {
      at = at * p.dims[d] + index_at(call->args[0], p.index_bytes, row * p.depth + d, p.dims[d]);
    }
    for (int64_t i = 0; i < p.inner; ++i) update(p, y, at * p.inner + i, updates, row * p.inner + i);
  }
}

}  // namespace coracle::CORACLE_ISA
