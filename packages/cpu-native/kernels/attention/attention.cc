// y = softmax(scale q k^T + mask) v, head by head: a few rows of scores at a time, which never leave L1.
#include "kernels/attention/pack.h"
#include "kernels/conv/tools.h"
#include "kernels/gemm/gemm_tile.h"
#include "simd/math.h"

namespace coracle::CORACLE_ISA {
namespace {

// Floats between the items of each dimension; the last one is dense.
struct HeadStrides {
  int32_t batch, head, row;
};

// args: q, k, v, y, mask (has_mask). s rows of q and y, t of k and v; q and k have d columns, v and y dv. The mask's
// strides may be 0. One task is strip_rows rows of one head.
// scratch, in floats: packed k, packed v, then kGemmRows rows of q [d + pad] and of scores [t in whole vectors + pad].
struct AttentionParams {
  int32_t heads, s, t, d, dv;
  HeadStrides q, k, v, y;
  HeadStrides mask;
  int32_t mask_col, has_mask, strip_rows;
  float scale;
};

constexpr int kPad = 16;

struct Workspace {
  float* k;
  float* v;
  float* q;
  float* scores;
  intptr_t q_row, score_row;
};

Workspace workspace(const coracle_call* call, const AttentionParams& p) {
  constexpr int width = f32v::width;
  const intptr_t t = static_cast<intptr_t>(ceil_div(p.t, width)) * width, dv = ceil_div(p.dv, width) * width;
  Workspace w = {};
  w.q_row = p.d + kPad;
  w.score_row = t + kPad;
  w.k = static_cast<float*>(call->scratch);
  w.v = w.k + t * p.d;
  w.q = w.v + dv * p.t;
  w.scores = w.q + kGemmRows * w.q_row;
  return w;
}

CORACLE_INLINE intptr_t at(const HeadStrides& s, int batch, int head, int row) {
  return static_cast<intptr_t>(batch) * s.batch + static_cast<intptr_t>(head) * s.head +
         static_cast<intptr_t>(row) * s.row;
}

// out [rows, n] = a [rows, depth] times packed panels.
void multiply(GemmTile t, int rows, int n, const float* w) {
  constexpr int width = f32v::width, panel = kPanelVectors * width;
  static const float zeros[panel] = {};
  t.low = -__builtin_inff();
  t.high = __builtin_inff();
  t.bias = zeros;
  for (int col = 0; col < n; col += panel, t.out += panel) {
    const int cols = min_int(n - col, panel), vectors = ceil_div(cols, width);
    t.w = w + static_cast<intptr_t>(col) * t.depth;
    t.lanes = cols - (vectors - 1) * width;
    gemm_tile(vectors, rows)(t);
  }
}

// x <- exp(x + mask - max) with zeros behind t; returns 1 / sum.
float soften(const AttentionParams& p, const float* mask, float* x) {
  constexpr int width = f32v::width;
  const int whole = p.t / width * width, left = p.t - whole;
  const f32v lowest = set1(-__builtin_inff());
  f32v top = lowest, sum = zero();
  if (left > 0) {
    float lanes[width];
    store(lanes, lowest);
    for (int i = 0; i < left; ++i) lanes[i] = x[whole + i];
    store(x + whole, load(lanes));
  }
  for (int i = 0; i < p.t; i += width) {
    f32v v = load(x + i);
    if (mask != nullptr) {
      if (p.mask_col == 0)
        v += set1(*mask);
      else
        v += i < whole ? load(mask + i) : load_n(mask + i, left);
      store(x + i, v);
    }
    top = max(top, v);
  }
  const f32v shift = set1(reduce_max(top));
  for (int i = 0; i < p.t; i += width) {
    const f32v v = exp(load(x + i) - shift);
    store(x + i, v);
    sum += v;
  }
  return 1.0f / reduce_add(sum);
}

void scale_row(float* y, int n, float by) {
  const f32v factor = set1(by);
  int i = 0;
  for (; i + f32v::width <= n; i += f32v::width) store(y + i, load(y + i) * factor);
  if (i < n) store_n(y + i, load_n(y + i, n - i) * factor, n - i);
}

void attend_rows(const coracle_call* call, const AttentionParams& p, const Workspace& w, int head, int row, int rows) {
  const int batch = head / p.heads, h = head % p.heads;
  const float* q = arg<const float>(call, 0) + at(p.q, batch, h, row);
  float* y = arg<float>(call, 3) + at(p.y, batch, h, row);
  const f32v scale = set1(p.scale);
  for (int m = 0; m < rows; ++m) {
    const float* from = q + static_cast<intptr_t>(m) * p.q.row;
    float* to = w.q + m * w.q_row;
    int i = 0;
    for (; i + f32v::width <= p.d; i += f32v::width) store(to + i, scale * load(from + i));
    for (; i < p.d; ++i) to[i] = p.scale * from[i];
  }
  GemmTile t = {};
  t.a = w.q;
  t.a_stride = w.q_row;
  t.depth = p.d;
  t.out = w.scores;
  t.out_stride = w.score_row;
  multiply(t, rows, ceil_div(p.t, f32v::width) * f32v::width, w.k);
  float inverse[kGemmRows];
  for (int m = 0; m < rows; ++m) {
    const float* mask = p.has_mask ? arg<const float>(call, 4) + at(p.mask, batch, h, row + m) : nullptr;
    inverse[m] = soften(p, mask, w.scores + m * w.score_row);
  }
  t.a = w.scores;
  t.a_stride = w.score_row;
  t.depth = p.t;
  t.out = y;
  t.out_stride = p.y.row;
  multiply(t, rows, p.dv, w.v);
  for (int m = 0; m < rows; ++m) scale_row(y + static_cast<intptr_t>(m) * p.y.row, p.dv, inverse[m]);
}

}  // namespace

void f32_attention(const coracle_call* call, int32_t begin, int32_t end) {
  const AttentionParams& p = params<AttentionParams>(call);
  const Workspace w = workspace(call, p);
  const int strips = ceil_div(p.s, p.strip_rows);
  int packed = -1;
  for (int task = begin; task < end; ++task) {
    const int head = task / strips, row0 = task % strips * p.strip_rows;
    if (head != packed) {
      const int batch = head / p.heads, h = head % p.heads;
      pack_keys(arg<const float>(call, 1) + at(p.k, batch, h, 0), p.k.row, p.t, p.d, w.k);
      pack_values(arg<const float>(call, 2) + at(p.v, batch, h, 0), p.v.row, p.t, p.dv, w.v);
      packed = head;
    }
    const int row1 = min_int(row0 + p.strip_rows, p.s), count = ceil_div(row1 - row0, kGemmRows);
    for (int i = 0, row = row0; i < count; ++i) {
      const int rows = (row1 - row + count - i - 1) / (count - i);
      attend_rows(call, p, w, head, row, rows);
      row += rows;
    }
  }
}

}  // namespace coracle::CORACLE_ISA
