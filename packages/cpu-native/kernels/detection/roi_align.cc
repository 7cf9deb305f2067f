#include <math.h>
#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/detection/taps.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [batch, blocks, height, width, inner], rois [regions, 4] x1 y1 x2 y2, batch indices [regions] of index_bytes,
// y [regions, blocks, oh, ow, inner]. inner is 1 or the vector's width. samples: of an output along an axis, 0: as many
// as pixels it covers. A batch index outside is held at the nearest end; a region whose coordinates are NaN, or that
// needs more than kMostSamples along an axis, is NaN. Scratch: row_width * inner f32, then AxisScratch of the rows and
// of the columns. Task t: region t / groups, blocks (t % groups) * group...
struct RoiParams {
  int32_t batch, blocks, height, width, oh, ow, inner;
  int32_t samples, is_half_pixel, is_max, index_bytes;
  int32_t group, row_width, row_taps, column_taps;
  int32_t scale[2];  // a double
};

struct Region {
  Axis rows, columns;
  bool is_nan;
  int64_t image;
};

CORACLE_INLINE float read(const float* p, float) { return *p; }
CORACLE_INLINE f32v read(const float* p, f32v) { return load(p); }
CORACLE_INLINE void write(float* p, float v) { *p = v; }
CORACLE_INLINE void write(float* p, f32v v) { store(p, v); }
CORACLE_INLINE float spread(float v, float) { return v; }
CORACLE_INLINE f32v spread(float v, f32v) { return set1(v); }
CORACLE_INLINE float add_scaled(float sum, float share, float v) { return sum + share * v; }
CORACLE_INLINE f32v add_scaled(f32v sum, float share, f32v v) { return fma(v, set1(share), sum); }
CORACLE_INLINE float greater(float best, float v) { return best != best || best > v ? best : v; }
CORACLE_INLINE f32v greater(f32v best, f32v v) { return select(is_nan(best), best, max(best, v)); }

int64_t image_of(const void* indices, int32_t bytes, int64_t region, int32_t batch) {
  int64_t n = 0;
  if (bytes == 8) {
    memcpy(&n, static_cast<const char*>(indices) + region * 8, 8);
  } else {
    int32_t small;
    memcpy(&small, static_cast<const char*>(indices) + region * 4, 4);
    n = small;
  }
  return n < 0 ? 0 : n >= batch ? batch - 1 : n;
}

void prepare(const RoiParams& p, const coracle_call* call, int64_t region, Region& to) {
  const float* roi = static_cast<const float*>(call->args[1]) + region * 4;
  double scale;
  memcpy(&scale, p.scale, sizeof scale);
  const AxisRule rule = {scale, p.samples, p.is_half_pixel != 0, p.is_max == 0};
  to.rows.size = p.height;
  to.columns.size = p.width;
  to.is_nan = !make_taps(to.rows, roi[1], roi[3], rule) || !make_taps(to.columns, roi[0], roi[2], rule);
  to.image = image_of(call->args[2], p.index_bytes, region, p.batch);
  if (!to.is_nan) make_slots(to.columns, p.inner == 1);
}

// row[slot] = the sum of the taps of one output row.
void mix_rows_plain(const RoiParams& p, const Region& region, int32_t oy, const float* x, float* row) {
  constexpr int kWidth = f32v::width;
  const Axis &rows = region.rows, &columns = region.columns;
  for (int32_t at = 0; at < columns.slots; at += kWidth) {
    const float* from = x + columns.first + at;
    const int left = columns.slots - at;
    f32v sum = zero();
    for (int32_t i = rows.begins[oy]; i < rows.begins[oy + 1]; ++i) {
      const float* line = from + static_cast<int64_t>(rows.pixels[i]) * p.width;
      sum = fma(left >= kWidth ? load(line) : load_n(line, left), set1(rows.shares[i]), sum);
    }
    store(row + at, sum);
  }
}

void mix_rows_blocked(const RoiParams& p, const Region& region, int32_t oy, const float* x, float* row) {
  constexpr int kWidth = f32v::width;
  const Axis &rows = region.rows, &columns = region.columns;
  for (int32_t slot = 0; slot < columns.slots; ++slot) {
    const float* from = x + static_cast<int64_t>(columns.slot_pixels[slot]) * kWidth;
    f32v sum = zero();
    for (int32_t i = rows.begins[oy]; i < rows.begins[oy + 1]; ++i) {
      sum = fma(load(from + static_cast<int64_t>(rows.pixels[i]) * p.width * kWidth), set1(rows.shares[i]), sum);
    }
    store(row + slot * kWidth, sum);
  }
}

template <class T>
void average(const RoiParams& p, const Region& region, const float* x, float* row, float* y) {
  const Axis &rows = region.rows, &columns = region.columns;
  const double samples = static_cast<double>(rows.samples) * columns.samples;
  const float scale = static_cast<float>(1 / (samples > 1 ? samples : 1));
  const int32_t inner = sizeof(T) / sizeof(float);
  for (int32_t oy = 0; oy < p.oh; ++oy) {
    if (inner == 1)
      mix_rows_plain(p, region, oy, x, row);
    else
      mix_rows_blocked(p, region, oy, x, row);
    for (int32_t ox = 0; ox < p.ow; ++ox, y += inner) {
      T sum = spread(0, T());
      for (int32_t j = columns.begins[ox]; j < columns.begins[ox + 1]; ++j) {
        sum = add_scaled(sum, columns.shares[j], read(row + columns.slot_of[j] * inner, T()));
      }
      write(y, sum * spread(scale, T()));
    }
  }
}

template <class T>
void greatest(const RoiParams& p, const Region& region, const float* x, float*, float* y) {
  const Axis &rows = region.rows, &columns = region.columns;
  const int32_t inner = sizeof(T) / sizeof(float);
  const bool is_empty = rows.samples == 0 || columns.samples == 0;
  for (int32_t oy = 0; oy < p.oh; ++oy) {
    for (int32_t ox = 0; ox < p.ow; ++ox, y += inner) {
      const bool is_inside = rows.is_inside[oy] && columns.is_inside[ox] && !is_empty;
      T best = spread(is_inside ? -INFINITY : 0, T());
      for (int32_t i = rows.begins[oy]; i < rows.begins[oy + 1]; ++i) {
        const float* line = x + static_cast<int64_t>(rows.pixels[i]) * p.width * inner;
        for (int32_t j = columns.begins[ox]; j < columns.begins[ox + 1]; ++j) {
          const T v = read(line + static_cast<int64_t>(columns.pixels[j]) * inner, T());
          best = greater(best, v * spread(rows.shares[i] * columns.shares[j], T()));
        }
      }
      write(y, best);
    }
  }
}

void region_block(const RoiParams& p, const Region& region, const float* x, float* row, float* y) {
  if (region.is_nan) {
    for (int64_t i = 0; i < static_cast<int64_t>(p.oh) * p.ow * p.inner; ++i) y[i] = NAN;
  } else if (p.inner == 1) {
    (p.is_max ? greatest<float> : average<float>)(p, region, x, row, y);
  } else {
    (p.is_max ? greatest<f32v> : average<f32v>)(p, region, x, row, y);
  }
}

}  // namespace

void f32_roi_align(const coracle_call* call, int32_t begin, int32_t end) {
  RoiParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  float* y = static_cast<float*>(call->args[3]);
  float* row = static_cast<float*>(call->scratch);
  char* free = reinterpret_cast<char*>(row + static_cast<int64_t>(p.row_width) * p.inner);
  Region region;
  free = place(region.rows, p.oh, p.row_taps, p.height, free);
  place(region.columns, p.ow, p.column_taps, p.width, free);
  const int64_t in = static_cast<int64_t>(p.height) * p.width * p.inner;
  const int64_t out = static_cast<int64_t>(p.oh) * p.ow * p.inner;
  const int32_t groups = (p.blocks + p.group - 1) / p.group;
  int64_t prepared = -1;
  for (int32_t task = begin; task < end; ++task) {
    const int64_t at = task / groups;
    if (at != prepared) prepare(p, call, at, region);
    prepared = at;
    const int64_t first = static_cast<int64_t>(task % groups) * p.group;
    for (int64_t block = first; block < first + p.group && block < p.blocks; ++block) {
      region_block(p, region, x + (region.image * p.blocks + block) * in, row, y + (at * p.blocks + block) * out);
    }
  }
}

}  // namespace coracle::CORACLE_ISA
