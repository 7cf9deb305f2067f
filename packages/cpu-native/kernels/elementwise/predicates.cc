#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x, y. Task t: elements [t*chunk, (t+1)*chunk).
struct PredicateParams {
  int32_t count;
  int32_t op;     // 0 isNaN, 1 isInf of the signs in `signs`
  int32_t signs;  // 1 positive, 2 negative
  int32_t chunk;
};

// args: x, y (may be the same memory).
struct IntUnaryParams {
  int32_t count;
  int32_t op;     // 0 not (bool), 1 bitwiseNot, 2 abs, 3 neg, 4 sign
  int32_t dtype;  // 0 u8 or bool, 1 i8, 2 i32, 3 i64
  int32_t chunk;
};

template <class T>
void int_unary(const IntUnaryParams& p, const T* x, T* y, int64_t n) {
  using U = unsigned long long;
  switch (p.op) {
    case 0:
      for (int64_t i = 0; i < n; ++i) y[i] = x[i] == 0;
      return;
    case 1:
      for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(~x[i]);
      return;
    case 2:
      for (int64_t i = 0; i < n; ++i) y[i] = x[i] < 0 ? static_cast<T>(-static_cast<U>(x[i])) : x[i];
      return;
    case 3:
      for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(-static_cast<U>(x[i]));
      return;
    default:
      for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>((x[i] > 0) - (x[i] < 0));
  }
}

template <class T>
void run_int_unary(const IntUnaryParams& p, void* const* args, int64_t first, int64_t n) {
  int_unary(p, static_cast<const T*>(args[0]) + first, static_cast<T*>(args[1]) + first, n);
}

}  // namespace

void f32_predicate(const coracle_call* call, int32_t begin, int32_t end) {
  PredicateParams p;
  memcpy(&p, call->params, sizeof p);
  const int64_t first = static_cast<int64_t>(begin) * p.chunk;
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.count);
  const char* x = static_cast<const char*>(call->args[0]);
  uint8_t* y = static_cast<uint8_t*>(call->args[1]);
  for (int64_t i = first; i < last; ++i) {
    uint32_t bits;
    memcpy(&bits, x + i * 4, 4);
    const uint32_t magnitude = bits & 0x7fffffffu;
    const int32_t sign = bits >> 31 ? 2 : 1;
    y[i] = p.op == 0 ? magnitude > 0x7f800000u : magnitude == 0x7f800000u && (p.signs & sign) != 0;
  }
}

void int_unary(const coracle_call* call, int32_t begin, int32_t end) {
  IntUnaryParams p;
  memcpy(&p, call->params, sizeof p);
  const int64_t first = static_cast<int64_t>(begin) * p.chunk;
  const int64_t n = min64(static_cast<int64_t>(end) * p.chunk, p.count) - first;
  switch (p.dtype) {
    case 0: return run_int_unary<uint8_t>(p, call->args, first, n);
    case 1: return run_int_unary<int8_t>(p, call->args, first, n);
    case 2: return run_int_unary<int32_t>(p, call->args, first, n);
    default: return run_int_unary<int64_t>(p, call->args, first, n);
  }
}

}  // namespace coracle::CORACLE_ISA
