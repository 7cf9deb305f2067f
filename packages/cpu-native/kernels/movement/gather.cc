#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "kernels/movement/indices.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [outer, axis, inner bytes], indices [count], y [outer, count, inner bytes].
// Task t: rows t*chunk... of the outer * count rows of y.
struct GatherParams {
  int32_t outer, axis, count;
  int32_t inner_bytes;
  int32_t index_bytes;  // 4 or 8
  int32_t chunk;
};

// args: x, indices (the shape of y), y. x_strides are x's, with the gathered axis's last of all in axis_stride and 0 in
// its place. Task t: elements t*chunk...
struct GatherElementsParams {
  int32_t element_bytes;
  int32_t index_bytes;
  int32_t axis, axis_stride;
  int32_t count;
  int32_t chunk;
  int32_t rank;
  int32_t dims[kMaxRank];
  int32_t x_strides[kMaxRank];
};

// args: x [batch, dims..., inner bytes], indices [batch, count, depth], y [batch, count, inner bytes].
// Task t: rows t*chunk... of the batch * count rows of y.
struct GatherNdParams {
  int32_t batch, count, depth;
  int32_t inner_bytes;
  int32_t index_bytes;
  int32_t batch_rows;  // product of dims
  int32_t chunk;
  int32_t dims[kMaxRank];
};

}  // namespace

void gather(const coracle_call* call, int32_t begin, int32_t end) {
  GatherParams p;
  memcpy(&p, call->params, sizeof p);
  const char* x = static_cast<const char*>(call->args[0]);
  char* y = static_cast<char*>(call->args[2]);
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, static_cast<int64_t>(p.outer) * p.count);
  const int64_t bytes = p.inner_bytes;
  for (int64_t row = static_cast<int64_t>(begin) * p.chunk; row < last; ++row) {
    const int64_t index = index_at(call->args[1], p.index_bytes, row % p.count, p.axis);
    const char* from = x + (row / p.count * p.axis + index) * bytes;
    switch (bytes) {
      case 4: memcpy(y + row * 4, from, 4); break;
      case 8: memcpy(y + row * 8, from, 8); break;
      default: memcpy(y + row * bytes, from, bytes);
    }
  }
}

void gather_elements(const coracle_call* call, int32_t begin, int32_t end) {
  GatherElementsParams p;
  memcpy(&p, call->params, sizeof p);
  const char* x = static_cast<const char*>(call->args[0]);
  char* y = static_cast<char*>(call->args[2]);
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.count);
  for (int64_t i = static_cast<int64_t>(begin) * p.chunk; i < last; ++i) {
    int64_t at = index_at(call->args[1], p.index_bytes, i, p.axis) * p.axis_stride;
    int64_t rest = i;
    for (int32_t d = p.rank - 1; d >= 0; --d) {
      at += rest % p.dims[d] * p.x_strides[d];
      rest /= p.dims[d];
    }
    copy_element(y, i, x, at, p.element_bytes);
  }
}

void gather_nd(const coracle_call* call, int32_t begin, int32_t end) {
  GatherNdParams p;
  memcpy(&p, call->params, sizeof p);
  const char* x = static_cast<const char*>(call->args[0]);
  char* y = static_cast<char*>(call->args[2]);
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, static_cast<int64_t>(p.batch) * p.count);
  for (int64_t row = static_cast<int64_t>(begin) * p.chunk; row < last; ++row) {
    int64_t at = 0;
    for (int32_t d = 0; d < p.depth; ++d) {
      at = at * p.dims[d] + index_at(call->args[1], p.index_bytes, row * p.depth + d, p.dims[d]);
    }
    at += row / p.count * p.batch_rows;
    memcpy(y + row * p.inner_bytes, x + at * p.inner_bytes, p.inner_bytes);
  }
}

}  // namespace coracle::CORACLE_ISA
