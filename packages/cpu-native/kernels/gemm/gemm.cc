// C = A B + bias + residual with an activation: A row-major, B packed into panels, batches by strides.
#include "kernels/conv/epilogue.h"
#include "kernels/conv/tools.h"
#include "kernels/gemm/gemm_tile.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: a, packed b, c, then bias padded to whole vectors (has_bias) and residual as c (has_residual). a_row: floats
// between rows of A. depth: products of a sum before the next panel's turn, so that the rows' part of A stays in L2;
// copies_a: that part is copied to scratch [strip_rows][depth + kRowPad], because rows of A share the sets of L1.
// Behind the struct: batch_rank dims, then as many strides of A, then of packed B, all in floats; C is dense.
struct GemmParams {
  int32_t m, n, k, a_row, strip_rows, panels_per_task, depth, copies_a, has_bias, has_residual, activation;
  float a, b;
  int32_t batch_rank;
};

constexpr int kRowPad = 16;

struct Batch {
  const float* a;
  const float* b;
  const float* residual;
  float* c;
};

Batch batch_at(const coracle_call* call, const GemmParams& p, int index) {
  const int32_t* dims = call->params + sizeof(GemmParams) / sizeof(int32_t);
  const int32_t* a_strides = dims + p.batch_rank;
  const int32_t* b_strides = a_strides + p.batch_rank;
  const intptr_t at = static_cast<intptr_t>(index) * p.m * p.n;
  Batch batch = {arg<const float>(call, 0), arg<const float>(call, 1), nullptr, arg<float>(call, 2) + at};
  if (p.has_residual) batch.residual = arg<const float>(call, 3 + p.has_bias) + at;
  for (int d = p.batch_rank - 1; d >= 0; --d) {
    const intptr_t i = index % dims[d];
    index /= dims[d];
    batch.a += i * a_strides[d];
    batch.b += i * b_strides[d];
  }
  return batch;
}

// Part of the depth of a strip of rows.
struct Piece {
  const float* a;
  intptr_t a_stride;
  int row0, row1, begin, depth;
  bool is_first, is_last;
};

struct Panels {
  int begin, end;
};

// One panel of C in the rows of a piece.
void run_panel(const GemmParams& p, const Batch& batch, const float* bias, const Piece& piece, int panel) {
  constexpr int width = f32v::width;
  static const float no_bias[kPanelVectors * width] = {};
  const Epilogue e = make_epilogue(p.activation, p.a, p.b);
  const int col = panel * kPanelVectors * width, cols = min_int(p.n - col, kPanelVectors * width);
  const int vectors = ceil_div(cols, width), count = ceil_div(piece.row1 - piece.row0, kGemmRows);
  GemmTile t = {};
  t.a_stride = piece.a_stride;
  t.out_stride = p.n;
  t.depth = piece.depth;
  t.lanes = cols - (vectors - 1) * width;
  t.low = piece.is_last ? e.low : -__builtin_inff();
  t.high = piece.is_last ? e.high : __builtin_inff();
  t.bias = piece.is_first ? bias ? bias + col : no_bias : nullptr;
  t.w = batch.b + static_cast<intptr_t>(col) * p.k + static_cast<intptr_t>(piece.begin) * vectors * width;
  for (int i = 0, row = piece.row0; i < count; ++i) {
    const int rows = (piece.row1 - row + count - i - 1) / (count - i);
    const intptr_t at = static_cast<intptr_t>(row) * p.n + col;
    t.a = piece.a + (row - piece.row0) * piece.a_stride;
    t.out = batch.c + at;
    t.residual = piece.is_last && batch.residual ? batch.residual + at : nullptr;
    gemm_tile(vectors, rows)(t);
    if (piece.is_last && e.after != CORACLE_ACT_NONE) {
      activate_stored(e, t.out, rows, vectors, p.n, width, t.lanes);
    }
    row += rows;
  }
}

void copy_rows(const float* from, intptr_t from_stride, int rows, int n, float* to, intptr_t to_stride) {
  for (int row = 0; row < rows; ++row) {
    int i = 0;
    for (; i + f32v::width <= n; i += f32v::width) store(to + row * to_stride + i, load(from + row * from_stride + i));
    for (; i < n; ++i) to[row * to_stride + i] = from[row * from_stride + i];
  }
}

void run_strip(const coracle_call* call, const Batch& batch, int row0, int row1, const Panels& panels) {
  const GemmParams& p = params<GemmParams>(call);
  const float* bias = p.has_bias ? arg<const float>(call, 3) : nullptr;
  const int pieces = max_int(1, ceil_div(p.k, p.depth));
  for (int i = 0, begin = 0; i < pieces; ++i) {
    const int depth = (p.k - begin + pieces - i - 1) / (pieces - i);
    const float* a = batch.a + static_cast<intptr_t>(row0) * p.a_row + begin;
    Piece piece = {a, p.a_row, row0, row1, begin, depth, i == 0, i + 1 == pieces};
    if (p.copies_a) {
      float* scratch = static_cast<float*>(call->scratch);
      piece.a_stride = p.depth + kRowPad;
      copy_rows(a, p.a_row, row1 - row0, depth, scratch, piece.a_stride);
      piece.a = scratch;
    }
    for (int panel = panels.begin; panel < panels.end; ++panel) run_panel(p, batch, bias, piece, panel);
    begin += depth;
  }
}

}  // namespace

// One task is one group of panels of one strip of rows of one batch.
void f32_gemm(const coracle_call* call, int32_t begin, int32_t end) {
  const GemmParams& p = params<GemmParams>(call);
  const int panels = ceil_div(p.n, kPanelVectors * f32v::width);
  const int groups = ceil_div(panels, p.panels_per_task), strips = ceil_div(p.m, p.strip_rows);
  for (int task = begin; task < end; ++task) {
    const int group = task % groups, strip = task / groups % strips;
    const Batch batch = batch_at(call, p, task / groups / strips);
    const int row0 = strip * p.strip_rows, row1 = min_int(row0 + p.strip_rows, p.m);
    const int first = group * p.panels_per_task;
    run_strip(call, batch, row0, row1, {first, min_int(first + p.panels_per_task, panels)});
  }
}

}  // namespace coracle::CORACLE_ISA
