// Walks a row-major output of any rank as panels: the last two dims, with an offset for each operand.
#pragma once
#include <stdint.h>

namespace coracle::CORACLE_ISA {
namespace {

constexpr int kMaxRank = 8;

// Calls visit(offsets, row, count): `count` consecutive rows (dim rank-2) from flat row `row` on.
// strides[k] holds operand k's stride for each dim, in elements; rank is 2 to 8.
template <int kOperands, class Visit>
void for_panels(int32_t rank, const int32_t* dims, const int32_t* const* strides, int64_t begin, int64_t end,
                Visit visit) {
  const int64_t panel_rows = dims[rank - 2];
  int64_t row = begin;
  while (row < end) {
    const int64_t first = row % panel_rows;
    int64_t rest = row / panel_rows;
    int64_t offsets[kOperands];
    for (int k = 0; k < kOperands; ++k) offsets[k] = first * strides[k][rank - 2];
    for (int32_t d = rank - 3; d >= 0; --d) {
      const int64_t index = rest % dims[d];
      rest /= dims[d];
      for (int k = 0; k < kOperands; ++k) offsets[k] += index * strides[k][d];
    }
    const int64_t left = panel_rows - first;
    const int64_t count = left < end - row ? left : end - row;
    visit(offsets, row, count);
    row += count;
  }
}

inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }

}  // namespace
}  // namespace coracle::CORACLE_ISA
