#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [outer, axis, inner], y [outer, inner] i64. A NaN is the extreme. Task t: panels t*chunk... of the
// outer * ceil(inner / 128) panels of columns.
struct ArgParams {
  int32_t is_min;
  int32_t select_last;
  int32_t dtype;  // 0 f32, 1 i32, 2 i64, 3 u8, 4 i8
  int32_t outer, axis, inner;
  int32_t chunk;
};

template <class T>
bool beats(const ArgParams& p, T candidate, T best) {
  if (candidate != candidate) return best == best || p.select_last;
  if (best != best) return false;
  if (candidate == best) return p.select_last != 0;
  return p.is_min ? candidate < best : candidate > best;
}

template <class T>
int64_t arg_column(const ArgParams& p, const T* x) {
  int64_t best = 0;
  for (int64_t i = 1; i < p.axis; ++i) {
    if (beats(p, x[i * p.inner], x[best * p.inner])) best = i;
  }
  return best;
}

// The first extreme of a contiguous row without NaN; -1 when there is one.
int64_t arg_row(const ArgParams& p, const float* x) {
  constexpr int64_t kWidth = f32v::width;
  const float sign = p.is_min ? -1.0f : 1.0f;
  const f32v flip = set1(sign);
  f32v best = load(x) * flip;
  f32v total = best;
  int64_t i = kWidth;
  for (; i + kWidth <= p.axis; i += kWidth) {
    const f32v v = load(x + i) * flip;
    best = max(best, v);
    total = select(is_nan(v), v, total);
  }
  float top = reduce_max(best);
  bool has_nan = any(is_nan(total));
  for (; i < p.axis; ++i) {
    top = x[i] * sign > top ? x[i] * sign : top;
    has_nan = has_nan || x[i] != x[i];
  }
  if (has_nan) return -1;
  const float wanted = top * sign;
  for (int64_t j = 0; j < p.axis; ++j) {
    if (x[j] == wanted) return j;
  }
  return -1;
}

constexpr int64_t kPanel = 128;

int64_t panels_of(const ArgParams& p) { return (p.inner + kPanel - 1) / kPanel; }

// `columns` (at most kPanel) neighbouring columns at once, row after row.
template <class T>
void arg_panel(const ArgParams& p, const T* x, int64_t* y, int64_t columns) {
  T best[kPanel];
  for (int64_t c = 0; c < columns; ++c) {
    best[c] = x[c];
    y[c] = 0;
  }
  for (int64_t i = 1; i < p.axis; ++i) {
    const T* row = x + i * p.inner;
    for (int64_t c = 0; c < columns; ++c) {
      const bool wins = beats(p, row[c], best[c]);
      best[c] = wins ? row[c] : best[c];
      y[c] = wins ? i : y[c];
    }
  }
}

// A plain maximum or minimum, as almost every network asks for it.
template <class Wins>
void arg_panel_f32(const ArgParams& p, const float* x, int64_t* y, int64_t columns, Wins wins) {
  float best[kPanel];
  int32_t index[kPanel];
  for (int64_t c = 0; c < columns; ++c) {
    best[c] = x[c];
    index[c] = 0;
  }
  for (int64_t i = 1; i < p.axis; ++i) {
    const float* row = x + i * p.inner;
    for (int64_t c = 0; c < columns; ++c) {
      const bool is_new = wins(row[c], best[c]);
      best[c] = is_new ? row[c] : best[c];
      index[c] = is_new ? static_cast<int32_t>(i) : index[c];
    }
  }
  for (int64_t c = 0; c < columns; ++c) y[c] = index[c];
}

void arg_columns(const ArgParams& p, const float* x, int64_t* y, int64_t columns) {
  if (p.select_last) return arg_panel(p, x, y, columns);
  // A NaN wins over a number and never loses.
  if (p.is_min) {
    return arg_panel_f32(p, x, y, columns, [](float v, float b) { return (v < b) | ((v != v) & (b == b)); });
  }
  arg_panel_f32(p, x, y, columns, [](float v, float b) { return (v > b) | ((v != v) & (b == b)); });
}

template <class T>
void arg_columns(const ArgParams& p, const T* x, int64_t* y, int64_t columns) {
  arg_panel(p, x, y, columns);
}

template <class T>
int64_t arg_one(const ArgParams& p, const T* x) {
  return arg_column(p, x);
}

template <>
int64_t arg_one(const ArgParams& p, const float* x) {
  if (!p.select_last && p.axis >= f32v::width) {
    const int64_t found = arg_row(p, x);
    if (found >= 0) return found;
  }
  return arg_column(p, x);
}

template <class T>
void arg_panels(const ArgParams& p, void* const* args, int64_t first, int64_t last) {
  const T* x = static_cast<const T*>(args[0]);
  int64_t* y = static_cast<int64_t*>(args[1]);
  const int64_t panels = panels_of(p);
  for (int64_t i = first; i < last; ++i) {
    const int64_t row = i / panels, column = i % panels * kPanel;
    const T* from = x + row * p.axis * p.inner + column;
    int64_t* to = y + row * p.inner + column;
    if (p.inner == 1) {
      *to = arg_one(p, from);
    } else {
      arg_columns(p, from, to, min64(kPanel, p.inner - column));
    }
  }
}

}  // namespace

void arg_reduce(const coracle_call* call, int32_t begin, int32_t end) {
  ArgParams p;
  memcpy(&p, call->params, sizeof p);
  const int64_t first = static_cast<int64_t>(begin) * p.chunk;
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.outer * panels_of(p));
  switch (p.dtype) {
    case 0: return arg_panels<float>(p, call->args, first, last);
    case 1: return arg_panels<int32_t>(p, call->args, first, last);
    case 2: return arg_panels<int64_t>(p, call->args, first, last);
    case 3: return arg_panels<uint8_t>(p, call->args, first, last);
    default: return arg_panels<int8_t>(p, call->args, first, last);
  }
}

}  // namespace coracle::CORACLE_ISA
