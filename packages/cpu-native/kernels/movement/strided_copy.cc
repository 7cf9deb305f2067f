#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "kernels/movement/transpose_tile.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: src, dst. Copies [dims] elements of element_bytes (1, 2, 4, 8) from src_offset by src_strides to dst_offset
// by dst_strides, all in elements; strides may be 0 or negative. Rows are the dims but the last; task t: rows
// (t / inner_chunks) * row_chunk..., columns (t % inner_chunks) * inner_chunk...
// Fastest where the last dim's strides are 1, or where src's is 1 in dim rank-2 and dst's in the last.
struct StridedCopyParams {
  int32_t element_bytes;
  int32_t rank;
  int32_t row_chunk;
  int32_t inner_chunks;
  int32_t inner_chunk;
  int32_t src_offset;
  int32_t dst_offset;
  int32_t dims[kMaxRank];
  int32_t src_strides[kMaxRank];
  int32_t dst_strides[kMaxRank];
};

struct Sheet {
  int64_t rows, columns;
  int64_t src_row, src_column;
  int64_t dst_row, dst_column;
};

template <class T>
void copy_rows(const T* src, T* dst, const Sheet& s) {
  if (s.columns == 1) {
    for (int64_t r = 0; r < s.rows; ++r) dst[r * s.dst_row] = src[r * s.src_row];
  } else if (s.columns == 2) {
    for (int64_t r = 0; r < s.rows; ++r) memcpy(dst + r * s.dst_row, src + r * s.src_row, 2 * sizeof(T));
  } else {
    const size_t bytes = s.columns * sizeof(T);
    for (int64_t r = 0; r < s.rows; ++r) memcpy(dst + r * s.dst_row, src + r * s.src_row, bytes);
  }
}

template <class T>
void copy_strided(const T* src, T* dst, const Sheet& s) {
  for (int64_t r = 0; r < s.rows; ++r) {
    const T* from = src + r * s.src_row;
    T* to = dst + r * s.dst_row;
    if (s.dst_column == 1 && s.src_column == 0) {
      const T value = *from;
      for (int64_t i = 0; i < s.columns; ++i) to[i] = value;
    } else if (s.dst_column == 1) {
      for (int64_t i = 0; i < s.columns; ++i) to[i] = from[i * s.src_column];
    } else {
      for (int64_t i = 0; i < s.columns; ++i) to[i * s.dst_column] = from[i * s.src_column];
    }
  }
}

template <class T>
void transpose_small(const T* src, T* dst, const Sheet& s) {
  for (int64_t r = 0; r < s.rows; ++r) {
    for (int64_t i = 0; i < s.columns; ++i) dst[r * s.dst_row + i] = src[r + i * s.src_column];
  }
}

// src is contiguous along rows, dst along columns. Bands of 16 rows, so that cache lines are used whole.
template <class T>
void transpose_sheet(const T* src, T* dst, const Sheet& s) {
  constexpr int64_t kBand = 16;
  for (int64_t r = 0; r < s.rows; r += kBand) {
    for (int64_t i = 0; i < s.columns; i += kBand) {
      const Sheet part = {min64(kBand, s.rows - r), min64(kBand, s.columns - i), 1, s.src_column, s.dst_row, 1};
      transpose_small(src + r + i * s.src_column, dst + r * s.dst_row + i, part);
    }
  }
}

template <>
void transpose_sheet(const uint32_t* src, uint32_t* dst, const Sheet& s) {
  constexpr int64_t kBand = 16;
  for (int64_t r = 0; r < s.rows; r += kBand) {
    const int64_t band = min64(kBand, s.rows - r);
    const int64_t rows = band - band % kTile, columns = s.columns - s.columns % kTile;
    for (int64_t i = 0; i < columns; i += kTile) {
      for (int64_t j = r; j < r + rows; j += kTile) {
        transpose_tile(src + j + i * s.src_column, s.src_column, dst + j * s.dst_row + i, s.dst_row);
      }
    }
    const uint32_t* right = src + r + columns * s.src_column;
    transpose_small(right, dst + r * s.dst_row + columns, {band, s.columns - columns, 1, s.src_column, s.dst_row, 1});
    transpose_small(src + r + rows, dst + (r + rows) * s.dst_row,
                    {band - rows, columns, 1, s.src_column, s.dst_row, 1});
  }
}

template <class T>
void copy_sheet(const T* src, T* dst, const Sheet& s) {
  if (s.src_column == 1 && s.dst_column == 1) return copy_rows(src, dst, s);
  if (s.src_row == 1 && s.dst_column == 1 && s.rows >= 4 && s.columns >= 4) return transpose_sheet(src, dst, s);
  copy_strided(src, dst, s);
}

template <class T>
void copy_typed(const StridedCopyParams& p, void* const* args, int32_t begin, int32_t end) {
  const T* src = static_cast<const T*>(args[0]) + p.src_offset;
  T* dst = static_cast<T*>(args[1]) + p.dst_offset;
  const int32_t* strides[2] = {p.src_strides, p.dst_strides};
  const int32_t last = p.rank - 1;
  int64_t num_rows = 1;
  for (int32_t d = 0; d < last; ++d) num_rows *= p.dims[d];
  for (int32_t task = begin; task < end; ++task) {
    const int64_t row = static_cast<int64_t>(task / p.inner_chunks) * p.row_chunk;
    const int64_t column = static_cast<int64_t>(task % p.inner_chunks) * p.inner_chunk;
    const int64_t columns = min64(p.inner_chunk, p.dims[last] - column);
    for_panels<2>(p.rank, p.dims, strides, row, min64(row + p.row_chunk, num_rows),
                  [&](const int64_t* at, int64_t, int64_t count) {
                    const Sheet sheet = {count,
                                         columns,
                                         p.src_strides[last - 1],
                                         p.src_strides[last],
                                         p.dst_strides[last - 1],
                                         p.dst_strides[last]};
                    copy_sheet(src + at[0] + column * p.src_strides[last], dst + at[1] + column * p.dst_strides[last],
                               sheet);
                  });
  }
}

}  // namespace

void strided_copy(const coracle_call* call, int32_t begin, int32_t end) {
  StridedCopyParams p;
  memcpy(&p, call->params, sizeof p);
  switch (p.element_bytes) {
    case 1: return copy_typed<uint8_t>(p, call->args, begin, end);
    case 2: return copy_typed<uint16_t>(p, call->args, begin, end);
    case 4: return copy_typed<uint32_t>(p, call->args, begin, end);
    default: return copy_typed<uint64_t>(p, call->args, begin, end);
  }
}

}  // namespace coracle::CORACLE_ISA
