// One head's keys and values as the panels of a matrix product: k transposed, v as it is, columns padded with zeros.
#pragma once
#include "kernels/conv/tools.h"
#include "kernels/gemm/panels.h"
#include "kernels/movement/transpose_tile.h"

namespace coracle::CORACLE_ISA {
namespace {

constexpr int kPanelColumns = kPanelVectors * f32v::width;

// A panel takes whole vectors only.
CORACLE_INLINE int panel_width(int n, int col) {
  return min_int(kPanelColumns, ceil_div(n - col, f32v::width) * f32v::width);
}

// k [t, d], rows `stride` apart -> panels of t, each [d][column].
inline void pack_keys(const float* k, intptr_t stride, int t, int d, float* out) {
  for (int col = 0; col < t; col += kPanelColumns) {
    const int width = panel_width(t, col), cols = min_int(width, t - col);
    float* panel = out + static_cast<intptr_t>(col) * d;
    const int whole_cols = cols / kTile * kTile, whole_rows = d / kTile * kTile;
    for (int c = 0; c < whole_cols; c += kTile) {
      const float* from = k + (col + c) * stride;
      for (int i = 0; i < whole_rows; i += kTile) {
        transpose_tile(reinterpret_cast<const uint32_t*>(from + i), stride,
                       reinterpret_cast<uint32_t*>(panel + i * width + c), width);
      }
    }
    for (int i = 0; i < d; ++i) {
      for (int c = i < whole_rows ? whole_cols : 0; c < width; ++c) {
        panel[i * width + c] = c < cols ? k[(col + c) * stride + i] : 0;
      }
    }
  }
}

// v [t, n], rows `stride` apart -> panels of n, each [t][column].
inline void pack_values(const float* v, intptr_t stride, int t, int n, float* out) {
  for (int col = 0; col < n; col += kPanelColumns) {
    const int width = panel_width(n, col);
    float* panel = out + static_cast<intptr_t>(col) * t;
    for (int row = 0; row < t; ++row, panel += width) {
      const float* from = v + row * stride + col;
      for (int c = 0; c < width; c += f32v::width) {
        const int lanes = min_int(n - col - c, f32v::width);
        store(panel + c, lanes == f32v::width ? load(from + c) : load_n(from + c, lanes));
      }
    }
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
