// Puts the operands of a matrix product into the order in which the tiles read them.
#include "kernels/conv/tools.h"
#include "kernels/gemm/panels.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: b, out. Element (k, n) of a matrix is at k * k_stride + n * n_stride; matrices lie matrix_stride apart, and
// packed ones k * (n rounded up to whole vectors). One task is one panel of one matrix.
struct PackBParams {
  int32_t matrices, k, n, k_stride, n_stride, matrix_stride;
  float alpha;
};

void pack_panel(const PackBParams& p, const float* b, int cols, float* out) {
  constexpr int width = f32v::width;
  const f32v alpha = set1(p.alpha);
  const int padded = ceil_div(cols, width) * width;
  for (int k = 0; k < p.k; ++k, out += padded) {
    const float* row = b + static_cast<intptr_t>(k) * p.k_stride;
    int n = 0;
    if (p.n_stride == 1) {
      for (; n + width <= cols; n += width) store(out + n, alpha * load(row + n));
    }
    for (; n < cols; ++n) out[n] = p.alpha * row[static_cast<intptr_t>(n) * p.n_stride];
    for (; n < padded; ++n) out[n] = 0;
  }
}

// args: a [k, m] by matrices, out [m, k] by matrices. One task is `rows` rows of one out matrix.
struct TransposeParams {
  int32_t matrices, m, k, rows;
};

}  // namespace

void f32_gemm_pack_b(const coracle_call* call, int32_t begin, int32_t end) {
  const PackBParams& p = params<PackBParams>(call);
  constexpr int panel_cols = kPanelVectors * f32v::width;
  const int panels = ceil_div(p.n, panel_cols);
  const intptr_t packed_matrix = static_cast<intptr_t>(ceil_div(p.n, f32v::width)) * f32v::width * p.k;
  for (int task = begin; task < end; ++task) {
    const int matrix = task / panels, col = task % panels * panel_cols;
    const float* b = arg<const float>(call, 0) + static_cast<intptr_t>(matrix) * p.matrix_stride +
                     static_cast<intptr_t>(col) * p.n_stride;
    float* out = arg<float>(call, 1) + matrix * packed_matrix + static_cast<intptr_t>(col) * p.k;
    pack_panel(p, b, min_int(p.n - col, panel_cols), out);
  }
}

void f32_gemm_transpose(const coracle_call* call, int32_t begin, int32_t end) {
  const TransposeParams& p = params<TransposeParams>(call);
  const int strips = ceil_div(p.m, p.rows);
  for (int task = begin; task < end; ++task) {
    const intptr_t at = static_cast<intptr_t>(task / strips) * p.m * p.k;
    const int row0 = task % strips * p.rows, row1 = min_int(row0 + p.rows, p.m);
    const float* a = arg<const float>(call, 0) + at;
    float* out = arg<float>(call, 1) + at;
    for (int k = 0; k < p.k; ++k) {
      for (int m = row0; m < row1; ++m) out[static_cast<intptr_t>(m) * p.k + k] = a[static_cast<intptr_t>(k) * p.m + m];
    }
  }
}

}  // namespace coracle::CORACLE_ISA
