// Max and average pooling over blocked maps (a vector per pixel) and row-major ones (a float per pixel).
#include "kernels/conv/tools.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x, out. planes: maps of pixels, each `lanes` floats wide. count_pads: averages divide by the taps that
// fall on the map or its padding; else by those on the map. end_height and end_width: padded extents from the top left.
struct PoolParams {
  int32_t planes, in_height, in_width, out_height, out_width, kernel_height, kernel_width;
  int32_t row_step, col_step, row_dilation, col_dilation, pad_top, pad_left;
  int32_t end_height, end_width, is_average, count_pads, strip_rows;
};

struct Taps {
  int first, last;  // those on the map
  int padded;       // those on the map or its padding
};

Taps taps_at(int start, int kernel, int dilation, int extent, int padded_end) {
  const int first = start < 0 ? ceil_div(-start, dilation) : 0;
  const int inside = start < extent ? ceil_div(extent - start, dilation) : 0;
  const int padded = start < padded_end ? ceil_div(padded_end - start, dilation) : 0;
  const int last = max_int(first, min_int(kernel, inside));
  return {first, last, min_int(kernel, padded)};
}

struct VectorLane {
  using value = f32v;
  static constexpr int floats = f32v::width;
  CORACLE_INLINE f32v get(const float* p) { return load(p); }
  CORACLE_INLINE void put(float* p, f32v v) { store(p, v); }
  CORACLE_INLINE f32v fill(float v) { return set1(v); }
  CORACLE_INLINE f32v larger(f32v best, f32v x) { return select(is_nan(best), best, max(best, x)); }
};

struct ScalarLane {
  using value = float;
  static constexpr int floats = 1;
  CORACLE_INLINE float get(const float* p) { return *p; }
  CORACLE_INLINE void put(float* p, float v) { *p = v; }
  CORACLE_INLINE float fill(float v) { return v; }
  CORACLE_INLINE float larger(float best, float x) { return best != best || best > x ? best : x; }
};

template <class Lane, bool is_average>
void pool_row(const PoolParams& p, const float* x, int row, float* out) {
  using V = typename Lane::value;
  const int top = row * p.row_step - p.pad_top;
  const Taps rows = taps_at(top, p.kernel_height, p.row_dilation, p.in_height, p.end_height);
  const intptr_t row_floats = static_cast<intptr_t>(p.in_width) * Lane::floats;
  for (int col = 0; col < p.out_width; ++col, out += Lane::floats) {
    const int left = col * p.col_step - p.pad_left;
    const Taps cols = taps_at(left, p.kernel_width, p.col_dilation, p.in_width, p.end_width);
    V sum = Lane::fill(is_average ? 0.0f : -__builtin_inff());
    for (int kh = rows.first; kh < rows.last; ++kh) {
      const float* at = x + (top + kh * p.row_dilation) * row_floats + static_cast<intptr_t>(left) * Lane::floats;
      for (int kw = cols.first; kw < cols.last; ++kw) {
        const V tap = Lane::get(at + static_cast<intptr_t>(kw) * p.col_dilation * Lane::floats);
        if constexpr (is_average)
          sum = sum + tap;
        else
          sum = Lane::larger(sum, tap);
      }
    }
    if constexpr (is_average) {
      const int taps = p.count_pads ? rows.padded * cols.padded : (rows.last - rows.first) * (cols.last - cols.first);
      sum = sum / Lane::fill(static_cast<float>(max_int(taps, 1)));
    }
    Lane::put(out, sum);
  }
}

template <class Lane>
void pool(const coracle_call* call, int32_t begin, int32_t end) {
  const PoolParams& p = params<PoolParams>(call);
  const int strips = ceil_div(p.out_height, p.strip_rows);
  for (int task = begin; task < end; ++task) {
    const intptr_t plane = task / strips;
    const float* x = arg<const float>(call, 0) + plane * p.in_height * p.in_width * Lane::floats;
    float* out = arg<float>(call, 1) + plane * p.out_height * p.out_width * Lane::floats;
    const int row0 = task % strips * p.strip_rows, row1 = min_int(row0 + p.strip_rows, p.out_height);
    for (int row = row0; row < row1; ++row) {
      float* to = out + static_cast<intptr_t>(row) * p.out_width * Lane::floats;
      if (p.is_average)
        pool_row<Lane, true>(p, x, row, to);
      else
        pool_row<Lane, false>(p, x, row, to);
    }
  }
}

}  // namespace

void f32_pool_blocked(const coracle_call* call, int32_t begin, int32_t end) { pool<VectorLane>(call, begin, end); }
void f32_pool(const coracle_call* call, int32_t begin, int32_t end) { pool<ScalarLane>(call, begin, end); }

}  // namespace coracle::CORACLE_ISA
