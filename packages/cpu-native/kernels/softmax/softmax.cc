#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "simd/math.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [outer, axis, inner], y (may be x's memory). Task t with inner 1: rows t*chunk...; else vectors
// t*chunk... of the outer * ceil(inner / width) vectors of columns.
struct SoftmaxParams {
  int32_t outer, axis, inner;
  int32_t is_log;
  int32_t chunk;
};

float row_max(const float* x, int64_t n) {
  constexpr int64_t kWidth = f32v::width;
  if (n < kWidth) {
    float best = x[0];
    for (int64_t i = 1; i < n; ++i) best = x[i] > best ? x[i] : best;
    return best;
  }
  f32v a = load(x), b = a;
  int64_t i = kWidth;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    a = max(a, load(x + i));
    b = max(b, load(x + i + kWidth));
  }
  if (i + kWidth <= n) a = max(a, load(x + i));
  return reduce_max(max(max(a, b), load(x + n - kWidth)));
}

// y = exp(x - top) when y is given; returns the sum.
float row_exp(const float* x, float* y, int64_t n, float top) {
  constexpr int64_t kWidth = f32v::width;
  const f32v shift = set1(top);
  f32v a = zero(), b = zero();
  int64_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    const f32v first = exp(load(x + i) - shift), second = exp(load(x + i + kWidth) - shift);
    if (y != nullptr) {
      store(y + i, first);
      store(y + i + kWidth, second);
    }
    a += first;
    b += second;
  }
  float total = 0;
  for (; i < n; i += kWidth) {
    const int lanes = static_cast<int>(min64(kWidth, n - i));
    const f32v v = exp(load_n(x + i, lanes) - shift);
    if (y != nullptr) store_n(y + i, v, lanes);
    float parts[kWidth];
    store(parts, v);
    for (int l = 0; l < lanes; ++l) total += parts[l];
  }
  return total + reduce_add(a + b);
}

template <class F>
void row_map(const float* x, float* y, int64_t n, F f) {
  constexpr int64_t kWidth = f32v::width;
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) store(y + i, f(load(x + i)));
  if (i < n) store_n(y + i, f(load_n(x + i, static_cast<int>(n - i))), static_cast<int>(n - i));
}

void softmax_row(const float* x, float* y, int64_t n, bool is_log) {
  const float top = row_max(x, n);
  if (is_log) {
    float lanes[f32v::width];
    store(lanes, log(set1(row_exp(x, nullptr, n, top))));
    const f32v first = set1(top), second = set1(lanes[0]);
    return row_map(x, y, n, [first, second](f32v v) { return v - first - second; });
  }
  const f32v scale = set1(1.0f / row_exp(x, y, n, top));
  row_map(y, y, n, [scale](f32v v) { return v * scale; });
}

// A row that long or shorter goes through a panel whose columns are rows.
constexpr int64_t kShortRow = 16;
constexpr int64_t kPanel = 256;

// `columns` (at most kPanel) neighbouring columns at once, row after row.
void softmax_panel(const float* x, float* y, const SoftmaxParams& p, int64_t columns) {
  constexpr int64_t kWidth = f32v::width;
  alignas(64) float top[kPanel], total[kPanel];
  const auto each = [columns](auto f) {
    for (int64_t c = 0; c < columns; c += kWidth) f(c, static_cast<int>(min64(kWidth, columns - c)));
  };
  for (int64_t c = 0; c < kPanel; c += kWidth) {
    store(top + c, set1(-__builtin_inff()));
    store(total + c, zero());
  }
  for (int64_t i = 0; i < p.axis; ++i) {
    const float* row = x + i * p.inner;
    each([&](int64_t c, int n) { store(top + c, max(load(top + c), load_n(row + c, n))); });
  }
  for (int64_t i = 0; i < p.axis; ++i) {
    const float* row = x + i * p.inner;
    float* out = y + i * p.inner;
    each([&](int64_t c, int n) {
      const f32v v = exp(load_n(row + c, n) - load(top + c));
      if (!p.is_log) store_n(out + c, v, n);
      store(total + c, load(total + c) + v);
    });
  }
  each([&](int64_t c, int) { store(total + c, p.is_log ? log(load(total + c)) : set1(1.0f) / load(total + c)); });
  for (int64_t i = 0; i < p.axis; ++i) {
    const float* row = x + i * p.inner;
    float* out = y + i * p.inner;
    each([&](int64_t c, int n) {
      const f32v result =
          p.is_log ? load_n(row + c, n) - load(top + c) - load(total + c) : load_n(out + c, n) * load(total + c);
      store_n(out + c, result, n);
    });
  }
}

// `rows` (at most kPanel) rows of at most kShortRow elements.
void softmax_short_rows(const float* x, float* y, const SoftmaxParams& p, int64_t rows) {
  alignas(64) float panel[kShortRow * kPanel] = {};
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < p.axis; ++i) panel[i * kPanel + r] = x[r * p.axis + i];
  }
  softmax_panel(panel, panel, {1, p.axis, static_cast<int32_t>(kPanel), p.is_log, 1}, rows);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < p.axis; ++i) y[r * p.axis + i] = panel[i * kPanel + r];
  }
}

void softmax_rows(const float* x, float* y, const SoftmaxParams& p, int64_t begin, int64_t end) {
  if (p.axis > kShortRow) {
    for (int64_t r = begin; r < end; ++r) softmax_row(x + r * p.axis, y + r * p.axis, p.axis, p.is_log != 0);
    return;
  }
  for (int64_t r = begin; r < end; r += kPanel) {
    softmax_short_rows(x + r * p.axis, y + r * p.axis, p, min64(kPanel, end - r));
  }
}

// The range counts vectors of columns.
void softmax_columns(const float* x, float* y, const SoftmaxParams& p, int64_t begin, int64_t end) {
  constexpr int64_t kWidth = f32v::width;
  const int64_t vectors = (p.inner + kWidth - 1) / kWidth;
  for (int64_t i = begin; i < end;) {
    const int64_t first = i % vectors;
    const int64_t count = min64(min64(vectors - first, end - i), kPanel / kWidth);
    const int64_t at = i / vectors * p.axis * p.inner + first * kWidth;
    softmax_panel(x + at, y + at, p, min64(count * kWidth, p.inner - first * kWidth));
    i += count;
  }
}

}  // namespace

void f32_softmax(const coracle_call* call, int32_t begin, int32_t end) {
  SoftmaxParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  float* y = static_cast<float*>(call->args[1]);
  const int64_t units =
      p.inner == 1 ? p.outer : static_cast<int64_t>(p.outer) * ((p.inner + f32v::width - 1) / f32v::width);
  const int64_t first = static_cast<int64_t>(begin) * p.chunk;
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, units);
  if (p.inner == 1) {
    softmax_rows(x, y, p, first, last);
  } else {
    softmax_columns(x, y, p, first, last);
  }
}

}  // namespace coracle::CORACLE_ISA
