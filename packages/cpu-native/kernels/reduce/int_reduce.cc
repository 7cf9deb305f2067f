#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [outer, reduce, inner], y [outer, inner]. Task t: outer row t. Sums and products wrap.
struct IntReduceParams {
  int32_t op;     // 0 sum, 1 mean (truncated), 2 max, 3 min, 4 prod
  int32_t dtype;  // 2 i32, 3 i64
  int32_t reduce;
  int32_t inner;
};

template <class T>
T reduce_column(int32_t op, const T* x, int64_t n, int64_t stride) {
  if (op == 2 || op == 3) {
    T best = x[0];
    for (int64_t i = 1; i < n; ++i) {
      const T v = x[i * stride];
      if (op == 2 ? v > best : v < best) best = v;
    }
    return best;
  }
  uint64_t total = op == 4 ? 1 : 0;
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t v = static_cast<uint64_t>(x[i * stride]);
    total = op == 4 ? total * v : total + v;
  }
  return op == 1 ? static_cast<T>(static_cast<int64_t>(total) / n) : static_cast<T>(total);
}

template <class T>
void reduce_rows(const IntReduceParams& p, void* const* args, int32_t begin, int32_t end) {
  const T* x = static_cast<const T*>(args[0]);
  T* y = static_cast<T*>(args[1]);
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t i = 0; i < p.inner; ++i) {
      y[row * p.inner + i] = reduce_column(p.op, x + row * p.reduce * p.inner + i, p.reduce, p.inner);
    }
  }
}

}  // namespace

void int_reduce(const coracle_call* call, int32_t begin, int32_t end) {
  IntReduceParams p;
  memcpy(&p, call->params, sizeof p);
  if (p.dtype == 2) return reduce_rows<int32_t>(p, call->args, begin, end);
  reduce_rows<int64_t>(p, call->args, begin, end);
}

}  // namespace coracle::CORACLE_ISA
