// Rows of one blocked plane, for kernels that make the plane themselves.
#pragma once
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {

// strip_rows and has_residual: of f32_depthwise alone.
struct DepthwiseParams {
  int32_t batch, blocks, in_height, in_width, out_height, out_width, kernel_height, kernel_width;
  int32_t row_step, col_step, row_dilation, col_dilation, pad_top, pad_left;
  int32_t strip_rows, has_residual, activation;
  float a, b;
};

// x, residual (or null) and out are of one channel block, at row 0 of their maps; w [kh][kw][lane], bias [lane].
// ring_rows: 0, or x holds row r at (r - ring_first) modulo ring_rows, no fewer than the kernel's; row_dilation is 1.
struct DepthwisePlane {
  const float* x;
  int32_t ring_rows, ring_first;
  const float* w;
  const float* bias;
  const float* residual;
  float* out;
};

void depthwise_rows(const DepthwiseParams& p, const DepthwisePlane& plane, int row0, int row1);

}  // namespace coracle::CORACLE_ISA
