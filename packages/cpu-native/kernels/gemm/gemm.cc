// C = A B + bias with an activation: A row-major, B packed into panels of the tile's width, batches by strides.
#include "kernels/conv/epilogue.h"
#include "kernels/conv/tile.h"
#include "kernels/conv/tools.h"
#include "kernels/gemm/panels.h"

namespace coracle::CORACLE_ISA {
namespace {

constexpr int kGemmRows = 6;
constexpr int kDepth = 512;

template <int vectors>
TileFn gemm_tile(int rows) {
  static constexpr TileFn table[kGemmRows + 1] = {
      nullptr,           tile<1, vectors, 0>, tile<2, vectors, 0>, tile<3, vectors, 0>,
      tile<4, vectors, 0>, tile<5, vectors, 0>, tile<6, vectors, 0>,
  };
  return table[rows];
}

TileFn gemm_tile(int vectors, int rows) {
  switch (vectors) {
    case 1: return gemm_tile<1>(rows);
#if CORACLE_WIDTH == 16
    case 3: return gemm_tile<3>(rows);
    case 4: return gemm_tile<4>(rows);
#endif
    default: return gemm_tile<2>(rows);
  }
}

// args: a, packed b, c, bias padded to whole vectors (has_bias). a_row: floats between rows of A.
// Behind the struct: batch_rank dims, then as many strides of A, then of packed B, all in floats; C is dense.
struct GemmParams {
  int32_t m, n, k, a_row, strip_rows, panels_per_task, has_bias, activation;
  float a, b;
  int32_t batch_rank;
};

struct Batch {
  const float* a;
  const float* b;
  float* c;
};

Batch batch_at(const coracle_call* call, const GemmParams& p, int index) {
  const int32_t* dims = call->params + sizeof(GemmParams) / sizeof(int32_t);
  const int32_t* a_strides = dims + p.batch_rank;
  const int32_t* b_strides = a_strides + p.batch_rank;
  Batch batch = {arg<const float>(call, 0), arg<const float>(call, 1),
                 arg<float>(call, 2) + static_cast<intptr_t>(index) * p.m * p.n};
  for (int d = p.batch_rank - 1; d >= 0; --d) {
    const intptr_t i = index % dims[d];
    index /= dims[d];
    batch.a += i * a_strides[d];
    batch.b += i * b_strides[d];
  }
  return batch;
}

// One panel of C in rows row0..row1-1, the depth in pieces that leave the panel of B in L2.
void run_panel(const GemmParams& p, const Batch& batch, const float* bias, int panel, int row0, int row1) {
  constexpr int width = f32v::width;
  static const float no_bias[kPanelVectors * width] = {};
  const Epilogue e = make_epilogue(p.activation, p.a, p.b);
  const int col = panel * kPanelVectors * width, cols = min_int(p.n - col, kPanelVectors * width);
  const int vectors = ceil_div(cols, width), count = ceil_div(row1 - row0, kGemmRows);
  const float* b = batch.b + static_cast<intptr_t>(col) * p.k;
  TileShape shape = {};
  shape.blocks = shape.row_taps = shape.col_taps = 1;
  shape.pixel_stride = p.a_row;
  shape.out_pixel_stride = p.n;
  shape.out_vector_stride = width;
  TileData data = {};
  data.lanes = cols - (vectors - 1) * width;
  const int pieces = max_int(1, ceil_div(p.k, kDepth)), depth = ceil_div(p.k, pieces);
  for (int piece = 0; piece < pieces; ++piece) {
    const bool is_last = piece + 1 == pieces;
    shape.low = is_last ? e.low : -__builtin_inff();
    shape.high = is_last ? e.high : __builtin_inff();
    shape.inner_tail = min_int(depth, p.k - piece * depth);
    data.bias = piece ? nullptr : bias ? bias + col : no_bias;
    data.w = b + static_cast<intptr_t>(piece) * depth * vectors * width;
    for (int i = 0, row = row0; i < count; ++i) {
      const int rows = (row1 - row + count - i - 1) / (count - i);
      data.x = batch.a + static_cast<intptr_t>(row) * p.a_row + piece * depth;
      data.out = batch.c + static_cast<intptr_t>(row) * p.n + col;
      gemm_tile(vectors, rows)(shape, data);
      if (is_last && e.after != CORACLE_ACT_NONE) {
        activate_stored(e, data.out, rows, vectors, p.n, width, data.lanes);
      }
      row += rows;
    }
  }
}

}  // namespace

// One task is one group of panels of one strip of rows of one batch.
void f32_gemm(const coracle_call* call, int32_t begin, int32_t end) {
  const GemmParams& p = params<GemmParams>(call);
  const int panels = ceil_div(p.n, kPanelVectors * f32v::width);
  const int groups = ceil_div(panels, p.panels_per_task), strips = ceil_div(p.m, p.strip_rows);
  const float* bias = p.has_bias ? arg<const float>(call, 3) : nullptr;
  for (int task = begin; task < end; ++task) {
    const int group = task % groups, strip = task / groups % strips;
    const Batch batch = batch_at(call, p, task / groups / strips);
    const int row0 = strip * p.strip_rows, row1 = min_int(row0 + p.strip_rows, p.m);
    const int last = min_int((group + 1) * p.panels_per_task, panels);
    for (int panel = group * p.panels_per_task; panel < last; ++panel) run_panel(p, batch, bias, panel, row0, row1);
  }
}

}  // namespace coracle::CORACLE_ISA
