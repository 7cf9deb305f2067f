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

// The output columns [col, last) of one row, `out` being the first column's place.
template <class Lane, bool is_average>
void pool_cols(const PoolParams& p, const float* x, int row, int col, int last, float* out) {
  using V = typename Lane::value;
  const int top = row * p.row_step - p.pad_top;
  const Taps rows = taps_at(top, p.kernel_height, p.row_dilation, p.in_height, p.end_height);
  const intptr_t row_floats = static_cast<intptr_t>(p.in_width) * Lane::floats;
  for (out += static_cast<intptr_t>(col) * Lane::floats; col < last; ++col, out += Lane::floats) {
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

template <bool is_average>
CORACLE_INLINE f32v join(f32v a, f32v b) {
  if constexpr (is_average)
    return a + b;
  else
    return VectorLane::larger(a, b);
}

// A column of `height` vectors, row_floats apart.
template <bool is_average, int height>
CORACLE_INLINE f32v column(const float* x, intptr_t row_floats) {
  f32v y = load(x);
  for (int i = 1; i < height; ++i) y = join<is_average>(y, load(x + i * row_floats));
  return y;
}

// Windows of `height` rows and `width` columns that lie on the map, `step` columns apart: what neighbours have in
// common of the columns' sums or maxima stays in registers. x: the first window's corner.
template <bool is_average, int height, int width, int step>
void pool_run(const float* x, intptr_t row_floats, int count, f32v scale, float* out) {
  constexpr int lanes = f32v::width, shared = width > step ? width - step : 0;
  f32v cols[width];
  for (int i = 0; i < shared; ++i, x += lanes) cols[i] = column<is_average, height>(x, row_floats);
  for (; count > 0; --count, out += lanes) {
    for (int i = shared; i < width; ++i, x += lanes) cols[i] = column<is_average, height>(x, row_floats);
    f32v y = cols[0];
    for (int i = 1; i < width; ++i) y = join<is_average>(y, cols[i]);
    store(out, is_average ? y * scale : y);
    for (int i = 0; i < shared; ++i) cols[i] = cols[i + step];
  }
}

using PoolRun = void (*)(const float* x, intptr_t row_floats, int count, f32v scale, float* out);

template <bool is_average, int width, int step>
PoolRun pool_run_of(int height) {
  switch (height) {
    case 1: return pool_run<is_average, 1, width, step>;
    case 2: return pool_run<is_average, 2, width, step>;
    case 3: return pool_run<is_average, 3, width, step>;
    default: return nullptr;
  }
}

template <bool is_average>
PoolRun pool_run_of(const PoolParams& p, int height) {
  if (p.row_dilation != 1 || p.col_dilation != 1) return nullptr;
  if (p.kernel_width == 3 && p.col_step == 1) return pool_run_of<is_average, 3, 1>(height);
  if (p.kernel_width == 3 && p.col_step == 2) return pool_run_of<is_average, 3, 2>(height);
  if (p.kernel_width == 2 && p.col_step == 2) return pool_run_of<is_average, 2, 2>(height);
  return nullptr;
}

template <class Lane, bool is_average>
void pool_row(const PoolParams& p, const float* x, int row, float* out) {
  int first = p.out_width, last = p.out_width;
  if constexpr (Lane::floats > 1) {
    const int top = row * p.row_step - p.pad_top;
    const Taps rows = taps_at(top, p.kernel_height, 1, p.in_height, p.end_height);
    if (const PoolRun run = pool_run_of<is_average>(p, rows.last - rows.first)) {
      const int inside = p.in_width + p.pad_left - p.kernel_width;
      first = min_int(ceil_div(p.pad_left, p.col_step), p.out_width);
      last = inside < 0 ? first : clamp_int(inside / p.col_step + 1, first, p.out_width);
      const intptr_t row_floats = static_cast<intptr_t>(p.in_width) * Lane::floats;
      const intptr_t left = static_cast<intptr_t>(first) * p.col_step - p.pad_left;
      const int taps = p.kernel_width * (p.count_pads ? rows.padded : rows.last - rows.first);
      run(x + (top + rows.first) * row_floats + left * Lane::floats, row_floats, last - first,
          set1(1.0f / static_cast<float>(taps)), out + static_cast<intptr_t>(first) * Lane::floats);
    }
  }
  pool_cols<Lane, is_average>(p, x, row, 0, first, out);
  pool_cols<Lane, is_average>(p, x, row, last, p.out_width, out);
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
