// The parameters and the loop of two-operand kernels whose element function is scalar.
#pragma once
#include <string.h>

// Hundreds of loops that no network spends time in: small code, not vectors.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "no-tree-vectorize")
#endif

#include "coracle/abi.h"
#include "kernels/elementwise/panels.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: a, b, y; y is row-major [dims]. Rows are the dims but the last; task t: rows t*row_chunk...
// Strides are in elements. dtype as each kernel says.
struct NestedParams {
  int32_t op;
  int32_t dtype;
  int32_t rank;
  int32_t row_chunk;
  int32_t dims[kMaxRank];
  int32_t a_strides[kMaxRank];
  int32_t b_strides[kMaxRank];
};

template <class T, class Out, class F>
void nested_row(const T* a, int64_t a_step, const T* b, int64_t b_step, Out* y, int64_t n, F f) {
  if (a_step == 1 && b_step == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
  } else if (a_step == 1 && b_step == 0) {
    const T right = *b;
    for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], right);
  } else {
    for (int64_t i = 0; i < n; ++i) y[i] = f(a[i * a_step], b[i * b_step]);
  }
}

template <class T, class Out, class F>
void nested(const NestedParams& p, void* const* args, int32_t begin, int32_t end, F f) {
  const T* a = static_cast<const T*>(args[0]);
  const T* b = static_cast<const T*>(args[1]);
  Out* y = static_cast<Out*>(args[2]);
  const int32_t* strides[2] = {p.a_strides, p.b_strides};
  const int64_t inner = p.dims[p.rank - 1];
  const int64_t a_step = p.a_strides[p.rank - 1], b_step = p.b_strides[p.rank - 1];
  const int64_t a_row = p.a_strides[p.rank - 2], b_row = p.b_strides[p.rank - 2];
  int64_t num_rows = 1;
  for (int32_t d = 0; d < p.rank - 1; ++d) num_rows *= p.dims[d];
  const int64_t last = min64(static_cast<int64_t>(end) * p.row_chunk, num_rows);
  for_panels<2>(p.rank, p.dims, strides, static_cast<int64_t>(begin) * p.row_chunk, last,
                [&](const int64_t* offsets, int64_t row, int64_t count) {
                  for (int64_t r = 0; r < count; ++r) {
                    nested_row(a + offsets[0] + r * a_row, a_step, b + offsets[1] + r * b_row, b_step,
                               y + (row + r) * inner, inner, f);
                  }
                });
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
