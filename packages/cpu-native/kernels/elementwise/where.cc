#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: condition (bool), x, y, out; out is row-major [dims]. Rows are the dims but the last;
// task t: rows t*row_chunk... Strides are in elements.
struct WhereParams {
  int32_t element_bytes;
  int32_t rank;
  int32_t row_chunk;
  int32_t dims[kMaxRank];
  int32_t condition_strides[kMaxRank];
  int32_t x_strides[kMaxRank];
  int32_t y_strides[kMaxRank];
};

template <class T>
void where_row(const uint8_t* c, const T* x, const T* y, T* out, int64_t n, const int64_t* steps) {
  if (steps[0] == 1 && steps[1] == 1 && steps[2] == 1) {
    for (int64_t i = 0; i < n; ++i) out[i] = c[i] ? x[i] : y[i];
  } else if (steps[0] == 1 && steps[1] == 0 && steps[2] == 1) {
    const T value = *x;
    for (int64_t i = 0; i < n; ++i) out[i] = c[i] ? value : y[i];
  } else if (steps[0] == 1 && steps[1] == 1 && steps[2] == 0) {
    const T value = *y;
    for (int64_t i = 0; i < n; ++i) out[i] = c[i] ? x[i] : value;
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = c[i * steps[0]] ? x[i * steps[1]] : y[i * steps[2]];
  }
}

template <class T>
void where_typed(const WhereParams& p, void* const* args, int64_t first, int64_t last) {
  const uint8_t* c = static_cast<const uint8_t*>(args[0]);
  const T* x = static_cast<const T*>(args[1]);
  const T* y = static_cast<const T*>(args[2]);
  T* out = static_cast<T*>(args[3]);
  const int32_t* strides[3] = {p.condition_strides, p.x_strides, p.y_strides};
  const int64_t inner = p.dims[p.rank - 1];
  const int64_t steps[3] = {strides[0][p.rank - 1], strides[1][p.rank - 1], strides[2][p.rank - 1]};
  const int64_t rows[3] = {strides[0][p.rank - 2], strides[1][p.rank - 2], strides[2][p.rank - 2]};
  for_panels<3>(p.rank, p.dims, strides, first, last, [&](const int64_t* at, int64_t row, int64_t count) {
    for (int64_t r = 0; r < count; ++r) {
      where_row(c + at[0] + r * rows[0], x + at[1] + r * rows[1], y + at[2] + r * rows[2], out + (row + r) * inner,
                inner, steps);
    }
  });
}

}  // namespace

void where(const coracle_call* call, int32_t begin, int32_t end) {
  WhereParams p;
  memcpy(&p, call->params, sizeof p);
  int64_t num_rows = 1;
  for (int32_t d = 0; d < p.rank - 1; ++d) num_rows *= p.dims[d];
  const int64_t first = static_cast<int64_t>(begin) * p.row_chunk;
  const int64_t last = min64(static_cast<int64_t>(end) * p.row_chunk, num_rows);
  switch (p.element_bytes) {
    case 1: return where_typed<uint8_t>(p, call->args, first, last);
    case 2: return where_typed<uint16_t>(p, call->args, first, last);
    case 4: return where_typed<uint32_t>(p, call->args, first, last);
    default: return where_typed<uint64_t>(p, call->args, first, last);
  }
}

}  // namespace coracle::CORACLE_ISA
