#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "kernels/reduce/reduce_ops.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x, y. kept and reduced hold the dims that stay and those that go, outermost first, with x's strides in
// elements; y is row-major over kept. Where the last reduced stride is 1 (rows): one output is one reduction and
// task t makes outputs t*chunk... Else (columns) the last kept stride is 1: task t makes columns
// (t % column_tasks) * chunk... of kept row t / column_tasks.
struct ReduceParams {
  int32_t op;
  int32_t is_rows;
  int32_t count;  // elements of one reduction
  int32_t chunk;
  int32_t column_tasks;
  int32_t num_outputs;
  int32_t num_kept, num_reduced;  // 1 to 8 each
  int32_t kept[kMaxRank], kept_strides[kMaxRank];
  int32_t reduced[kMaxRank], reduced_strides[kMaxRank];
};

int64_t offset_of(int64_t index, int32_t rank, const int32_t* dims, const int32_t* strides) {
  int64_t offset = 0;
  for (int32_t d = rank - 1; d >= 0; --d) {
    offset += index % dims[d] * strides[d];
    index /= dims[d];
  }
  return offset;
}

int64_t product(int32_t rank, const int32_t* dims) {
  int64_t result = 1;
  for (int32_t d = 0; d < rank; ++d) result *= dims[d];
  return result;
}

constexpr int64_t kSegment = 2048;

template <class Step>
double reduce_segment(const float* x, int64_t n, Step step) {
  constexpr int64_t kWidth = f32v::width;
  f32v a = set1(Step::start), b = a, c = a, d = a;
  int64_t i = 0;
  for (; i + 4 * kWidth <= n; i += 4 * kWidth) {
    a = step.take(a, load(x + i));
    b = step.take(b, load(x + i + kWidth));
    c = step.take(c, load(x + i + 2 * kWidth));
    d = step.take(d, load(x + i + 3 * kWidth));
  }
  for (; i + kWidth <= n; i += kWidth) a = step.take(a, load(x + i));
  float lanes[kWidth];
  store(lanes, step.join(step.join(a, b), step.join(c, d)));
  double total = lanes[0];
  for (int l = 1; l < kWidth; ++l) total = step.join(total, static_cast<double>(lanes[l]));
  for (; i < n; ++i) {
    store(lanes, step.take(set1(Step::start), set1(x[i])));
    total = step.join(total, static_cast<double>(lanes[0]));
  }
  return total;
}

template <class Step>
double reduce_row(const ReduceParams& p, const float* x, Step step) {
  const int32_t outer = p.num_reduced - 1;
  const int64_t inner = p.reduced[outer];
  const int64_t rows = product(outer, p.reduced);
  double total = Step::start;
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x + offset_of(r, outer, p.reduced, p.reduced_strides);
    for (int64_t i = 0; i < inner; i += kSegment) {
      total = step.join(total, reduce_segment(row + i, min64(kSegment, inner - i), step));
    }
  }
  return total;
}

float log_of(float x) {
  float lanes[f32v::width];
  store(lanes, log(set1(x)));
  return lanes[0];
}

float reduce_one(const ReduceParams& p, const float* x) {
  if (p.op == kLogSumExp) {
    const float best = static_cast<float>(reduce_row(p, x, MaxStep{}));
    const float shift = best - best == 0 ? best : 0;
    ExpStep step;
    step.shift = set1(shift);
    return log_of(static_cast<float>(reduce_row(p, x, step))) + shift;
  }
  double total = 0;
  dispatch_reduce(p.op, [&](auto step) { total = reduce_row(p, x, step); });
  const float result = static_cast<float>(finish(p.op, total, p.count));
  return p.op == kLogSum ? log_of(result) : result;
}

// Adds up in pieces of 128 rows, so that long columns keep their precision.
template <class Step>
f32v reduce_column(const ReduceParams& p, const float* x, int lanes, Step step) {
  constexpr int64_t kRows = 128;
  const int32_t last = p.num_reduced - 1;
  const int64_t inner = p.reduced[last], stride = p.reduced_strides[last];
  const int64_t outer = product(last, p.reduced);
  f32v total = set1(Step::start);
  for (int64_t o = 0; o < outer; ++o) {
    const float* from = x + offset_of(o, last, p.reduced, p.reduced_strides);
    for (int64_t i = 0; i < inner; i += kRows) {
      f32v piece = set1(Step::start);
      const int64_t end = min64(i + kRows, inner);
      if (lanes == f32v::width) {
        for (int64_t j = i; j < end; ++j) piece = step.take(piece, load(from + j * stride));
      } else {
        for (int64_t j = i; j < end; ++j) piece = step.take(piece, load_n(from + j * stride, lanes));
      }
      total = step.join(total, piece);
    }
  }
  return total;
}

f32v reduce_lanes(const ReduceParams& p, const float* x, int lanes) {
  f32v result = zero();
  if (p.op == kLogSumExp) {
    const f32v best = reduce_column(p, x, lanes, MaxStep{});
    ExpStep step;
    step.shift = select(eq(best - best, zero()), best, zero());
    return log(reduce_column(p, x, lanes, step)) + step.shift;
  }
  dispatch_reduce(p.op, [&](auto step) { result = reduce_column(p, x, lanes, step); });
  return finish(p.op, result, set1(static_cast<float>(p.count)));
}

void reduce_columns(const ReduceParams& p, const float* x, float* y, int32_t task) {
  const int32_t last = p.num_kept - 1;
  const int64_t row = task / p.column_tasks;
  const int64_t first = static_cast<int64_t>(task % p.column_tasks) * p.chunk;
  const int64_t end = min64(first + p.chunk, p.kept[last]);
  x += offset_of(row, last, p.kept, p.kept_strides);
  y += row * p.kept[last];
  for (int64_t i = first; i < end; i += f32v::width) {
    const int lanes = static_cast<int>(min64(f32v::width, end - i));
    store_n(y + i, reduce_lanes(p, x + i, lanes), lanes);
  }
}

// args: x blocked [N, ceil(C/b), H, W, b], y [N, C].
struct BlockedParams {
  int32_t op;
  int32_t channels;
  int32_t spatial;
};

template <class Step>
f32v reduce_block(const float* x, int64_t n, Step step) {
  constexpr int64_t kWidth = f32v::width, kPiece = 512;
  f32v total = set1(Step::start);
  for (int64_t i = 0; i < n; i += kPiece) {
    const int64_t end = min64(i + kPiece, n);
    f32v a = set1(Step::start), b = a;
    int64_t j = i;
    for (; j + 2 <= end; j += 2) {
      a = step.take(a, load(x + j * kWidth));
      b = step.take(b, load(x + (j + 1) * kWidth));
    }
    if (j < end) a = step.take(a, load(x + j * kWidth));
    total = step.join(total, step.join(a, b));
  }
  return total;
}

}  // namespace

void f32_reduce(const coracle_call* call, int32_t begin, int32_t end) {
  ReduceParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  float* y = static_cast<float*>(call->args[1]);
  if (!p.is_rows) {
    for (int32_t task = begin; task < end; ++task) reduce_columns(p, x, y, task);
    return;
  }
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.num_outputs);
  for (int64_t i = static_cast<int64_t>(begin) * p.chunk; i < last; ++i) {
    y[i] = reduce_one(p, x + offset_of(i, p.num_kept, p.kept, p.kept_strides));
  }
}

// Task t: block t of the N * ceil(C/b) channel blocks.
void f32_reduce_spatial_blocked(const coracle_call* call, int32_t begin, int32_t end) {
  BlockedParams p;
  memcpy(&p, call->params, sizeof p);
  constexpr int32_t kWidth = f32v::width;
  const int32_t blocks = (p.channels + kWidth - 1) / kWidth;
  const float* x = static_cast<const float*>(call->args[0]);
  float* y = static_cast<float*>(call->args[1]);
  for (int32_t task = begin; task < end; ++task) {
    const int32_t block = task % blocks;
    const float* from = x + static_cast<int64_t>(task) * p.spatial * kWidth;
    f32v total = zero();
    dispatch_reduce(p.op, [&](auto step) { total = reduce_block(from, p.spatial, step); });
    const int lanes = static_cast<int>(min64(kWidth, p.channels - block * kWidth));
    float* to = y + static_cast<int64_t>(task / blocks) * p.channels + block * kWidth;
    store_n(to, finish(p.op, total, set1(static_cast<float>(p.spatial))), lanes);
  }
}

}  // namespace coracle::CORACLE_ISA
