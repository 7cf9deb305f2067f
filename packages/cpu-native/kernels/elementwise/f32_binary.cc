#include <math.h>
#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "simd/activation.h"
#include "simd/math.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

enum BinaryOp { kAdd, kSub, kMul, kDiv, kPow, kMin, kMax, kPrelu, kMod, kFmod };

// args: a, b, y; y is row-major [dims] and may be a's or b's memory where that operand is not broadcast.
// Rows are the dims but the last; task t: rows (t / inner_chunks) * row_chunk.., columns (t % inner_chunks) *
// inner_chunk... Strides are in elements; the last dim's are 0 or 1.
struct BinaryParams {
  int32_t op;
  int32_t activation;
  float activation_a;
  float activation_b;
  int32_t rank;
  int32_t row_chunk;
  int32_t inner_chunks;
  int32_t inner_chunk;
  int32_t dims[kMaxRank];
  int32_t a_strides[kMaxRank];
  int32_t b_strides[kMaxRank];
};

struct Panel {
  const float* a;
  const float* b;
  float* y;
  int64_t rows;
  int64_t inner;
  int64_t y_row;
  int64_t a_row, b_row;
  bool a_moves, b_moves;
};

template <class F>
void row_both(const float* a, const float* b, float* y, int64_t n, F f) {
  constexpr int64_t kWidth = f32v::width;
  int64_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    const f32v first = f(load(a + i), load(b + i));
    const f32v second = f(load(a + i + kWidth), load(b + i + kWidth));
    store(y + i, first);
    store(y + i + kWidth, second);
  }
  for (; i < n; i += kWidth) {
    const int left = static_cast<int>(min64(kWidth, n - i));
    store_n(y + i, f(load_n(a + i, left), load_n(b + i, left)), left);
  }
}

template <class F>
void row_one(const float* x, float* y, int64_t n, F f) {
  constexpr int64_t kWidth = f32v::width;
  int64_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    const f32v first = f(load(x + i));
    const f32v second = f(load(x + i + kWidth));
    store(y + i, first);
    store(y + i + kWidth, second);
  }
  for (; i < n; i += kWidth) {
    const int left = static_cast<int>(min64(kWidth, n - i));
    store_n(y + i, f(load_n(x + i, left)), left);
  }
}

template <class F>
void block_rows(const Panel& p, F f) {
  const f32v b = load(p.b);
  for (int64_t r = 0; r < p.rows; ++r) store(p.y + r * p.y_row, f(load(p.a + r * p.a_row), b));
}

template <class F>
void panel(const Panel& p, F f) {
  const bool is_block = p.inner == f32v::width && p.a_moves && p.b_moves;
  if (is_block && p.b_row == 0) return block_rows(p, f);
  for (int64_t r = 0; r < p.rows; ++r) {
    const float* a = p.a + r * p.a_row;
    const float* b = p.b + r * p.b_row;
    float* y = p.y + r * p.y_row;
    if (p.a_moves && p.b_moves) {
      row_both(a, b, y, p.inner, f);
    } else if (p.a_moves) {
      const f32v right = set1(*b);
      row_one(a, y, p.inner, [right, f](f32v left) { return f(left, right); });
    } else {
      const f32v left = set1(*a);
      if (p.b_moves) {
        row_one(b, y, p.inner, [left, f](f32v right) { return f(left, right); });
      } else {
        const f32v value = f(left, set1(*b));
        for (int64_t i = 0; i < p.inner; i += f32v::width) {
          store_n(y + i, value, static_cast<int>(min64(f32v::width, p.inner - i)));
        }
      }
    }
  }
}

template <class F>
void panel_scalar(const Panel& p, F f) {
  const int64_t a_step = p.a_moves ? 1 : 0, b_step = p.b_moves ? 1 : 0;
  for (int64_t r = 0; r < p.rows; ++r) {
    const float* a = p.a + r * p.a_row;
    const float* b = p.b + r * p.b_row;
    float* y = p.y + r * p.y_row;
    for (int64_t i = 0; i < p.inner; ++i) y[i] = f(a[i * a_step], b[i * b_step]);
  }
}

f32v nan_min(f32v a, f32v b) { return select(is_nan(a), a, select(is_nan(b), b, min(a, b))); }
f32v nan_max(f32v a, f32v b) { return select(is_nan(a), a, select(is_nan(b), b, max(a, b))); }

// The sign of the divisor, as Python's %.
float floor_mod(float a, float b) {
  const float r = fmodf(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

void run_panel(int32_t op, const Panel& p) {
  switch (op) {
    case kAdd: return panel(p, [](f32v a, f32v b) { return a + b; });
    case kSub: return panel(p, [](f32v a, f32v b) { return a - b; });
    case kMul: return panel(p, [](f32v a, f32v b) { return a * b; });
    case kDiv: return panel(p, [](f32v a, f32v b) { return a / b; });
    case kPow: return panel(p, [](f32v a, f32v b) { return pow(a, b); });
    case kMin: return panel(p, nan_min);
    case kMax: return panel(p, nan_max);
    case kPrelu: return panel(p, [](f32v a, f32v b) { return select(lt(a, zero()), a * b, a); });
    case kMod: return panel_scalar(p, floor_mod);
    case kFmod: return panel_scalar(p, fmodf);
  }
}

void add_relu(const Panel& p) {
  panel(p, [](f32v a, f32v b) {
    const f32v sum = a + b;
    return select(lt(sum, zero()), zero(), sum);
  });
}

void activate_panel(const BinaryParams& params, const Panel& p) {
  const f32v a = set1(params.activation_a), b = set1(params.activation_b);
  dispatch_activation(params.activation, [&](auto tag) {
    for (int64_t r = 0; r < p.rows; ++r) {
      float* y = p.y + r * p.y_row;
      row_one(y, y, p.inner, [&](f32v v) { return activate_as(tag, v, params.activation, a, b); });
    }
  });
}

constexpr int64_t kActivateElements = 4096;

void run_activated(const BinaryParams& params, Panel p) {
  if (params.activation == CORACLE_ACT_NONE) return run_panel(params.op, p);
  if (params.activation == CORACLE_ACT_RELU && params.op == kAdd) return add_relu(p);
  const int64_t step = p.inner >= kActivateElements ? 1 : kActivateElements / p.inner;
  for (int64_t r = 0; r < p.rows; r += step) {
    Panel part = p;
    part.a += r * p.a_row;
    part.b += r * p.b_row;
    part.y += r * p.y_row;
    part.rows = min64(step, p.rows - r);
    run_panel(params.op, part);
    activate_panel(params, part);
  }
}

}  // namespace

void f32_binary(const coracle_call* call, int32_t begin, int32_t end) {
  BinaryParams p;
  memcpy(&p, call->params, sizeof p);
  const float* a = static_cast<const float*>(call->args[0]);
  const float* b = static_cast<const float*>(call->args[1]);
  float* y = static_cast<float*>(call->args[2]);
  const int32_t inner = p.dims[p.rank - 1];
  const int32_t a_inner = p.a_strides[p.rank - 1], b_inner = p.b_strides[p.rank - 1];
  const int32_t* strides[2] = {p.a_strides, p.b_strides};
  int64_t num_rows = 1;
  for (int32_t d = 0; d < p.rank - 1; ++d) num_rows *= p.dims[d];
  for (int32_t task = begin; task < end; ++task) {
    const int64_t row = static_cast<int64_t>(task / p.inner_chunks) * p.row_chunk;
    const int64_t column = static_cast<int64_t>(task % p.inner_chunks) * p.inner_chunk;
    const int64_t columns = min64(p.inner_chunk, inner - column);
    for_panels<2>(p.rank, p.dims, strides, row, min64(row + p.row_chunk, num_rows),
                  [&](const int64_t* offsets, int64_t first, int64_t count) {
                    run_activated(p, {a + offsets[0] + column * a_inner, b + offsets[1] + column * b_inner,
                                      y + first * inner + column, count, columns, inner, p.a_strides[p.rank - 2],
                                      p.b_strides[p.rank - 2], a_inner != 0, b_inner != 0});
                  });
  }
}

}  // namespace coracle::CORACLE_ISA
