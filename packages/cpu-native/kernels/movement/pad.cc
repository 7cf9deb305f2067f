#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "kernels/movement/indices.h"

namespace coracle::CORACLE_ISA {
namespace {

enum PadMode { kConstant, kReflect, kEdge, kWrap };

// args: x [in_dims], value (one element), y [out_dims]. before may be negative (a crop). Rows are the dims but the
// last, whose elements are element_bytes (any size: inner dims without padding count as part of it, in constant mode
// value_bytes says the size of one). Task t: rows t*row_chunk...
struct PadParams {
  int32_t mode;
  int32_t element_bytes;
  int32_t value_bytes;
  int32_t rank;
  int32_t row_chunk;
  int32_t in_dims[kMaxRank];
  int32_t out_dims[kMaxRank];
  int32_t before[kMaxRank];
};

// Where output index i reads from; -1 outside in constant mode.
int64_t source_index(int32_t mode, int64_t i, int64_t size) {
  if (i >= 0 && i < size) return i;
  switch (mode) {
    case kConstant: return -1;
    case kEdge: return i < 0 ? 0 : size - 1;
    case kWrap: return (i % size + size) % size;
    default: {
      if (size == 1) return 0;
      const int64_t period = 2 * (size - 1);
      const int64_t folded = (i % period + period) % period;
      return folded < size ? folded : period - folded;
    }
  }
}

void fill(char* y, int64_t bytes, const void* value, int64_t value_bytes) {
  for (int64_t i = 0; i < bytes; i += value_bytes) memcpy(y + i, value, value_bytes);
}

void fill_run(char* y, int64_t bytes, const void* value, int64_t value_bytes) {
  switch (value_bytes) {
    case 1: memset(y, *static_cast<const unsigned char*>(value), bytes); return;
    case 4: return fill(y, bytes, value, 4);
    case 8: return fill(y, bytes, value, 8);
    default: fill(y, bytes, value, value_bytes);
  }
}

void pad_edges(const PadParams& p, const char* x, const void* value, char* y, int64_t from, int64_t to) {
  const int32_t last = p.rank - 1;
  const int64_t bytes = p.element_bytes;
  if (p.mode == kConstant) return fill_run(y + from * bytes, (to - from) * bytes, value, p.value_bytes);
  for (int64_t i = from; i < to; ++i) {
    const int64_t source = source_index(p.mode, i - p.before[last], p.in_dims[last]);
    memcpy(y + i * bytes, x + source * bytes, bytes);
  }
}

void pad_row(const PadParams& p, const char* x, const void* value, char* y) {
  const int32_t last = p.rank - 1;
  const int64_t bytes = p.element_bytes, size = p.out_dims[last], before = p.before[last];
  const int64_t first = before < 0 ? 0 : min64(before, size);
  const int64_t wanted = min64(size, before + p.in_dims[last]);
  const int64_t end = wanted < first ? first : wanted;
  pad_edges(p, x, value, y, 0, first);
  memcpy(y + first * bytes, x + (first - before) * bytes, (end - first) * bytes);
  pad_edges(p, x, value, y, end, size);
}

}  // namespace

void pad(const coracle_call* call, int32_t begin, int32_t end) {
  PadParams p;
  memcpy(&p, call->params, sizeof p);
  const char* x = static_cast<const char*>(call->args[0]);
  char* y = static_cast<char*>(call->args[2]);
  const int32_t last = p.rank - 1;
  int64_t num_rows = 1;
  for (int32_t d = 0; d < last; ++d) num_rows *= p.out_dims[d];
  const int64_t row_bytes = static_cast<int64_t>(p.out_dims[last]) * p.element_bytes;
  const int64_t end_row = min64(static_cast<int64_t>(end) * p.row_chunk, num_rows);
  for (int64_t row = static_cast<int64_t>(begin) * p.row_chunk; row < end_row; ++row) {
    int64_t rest = row, at = 0, stride = 1;
    bool is_outside = false;
    for (int32_t d = last - 1; d >= 0; --d) {
      const int64_t source = source_index(p.mode, rest % p.out_dims[d] - p.before[d], p.in_dims[d]);
      rest /= p.out_dims[d];
      is_outside = is_outside || source < 0;
      at += source * stride;
      stride *= p.in_dims[d];
    }
    char* to = y + row * row_bytes;
    if (is_outside) {
      fill_run(to, row_bytes, call->args[1], p.value_bytes);
    } else {
      pad_row(p, x + at * p.in_dims[last] * p.element_bytes, call->args[1], to);
    }
  }
}

}  // namespace coracle::CORACLE_ISA
