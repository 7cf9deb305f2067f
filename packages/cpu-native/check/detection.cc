#include <algorithm>

#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

struct Roi {
  int32_t batch, channels, height, width, oh, ow, inner;
  int32_t samples, is_half_pixel, is_max;
};

struct Corner {
  int low, high;
  double part;
};

// What one output reads along an axis, sample by sample.
struct Reads {
  std::vector<Corner> corners;
  int samples;
};

Reads reads_of(const Roi& r, double scale, double from, double to, int outputs, int size, int at) {
  const double half = r.is_half_pixel ? 0.5 : 0, start = from * scale - half;
  double length = to * scale - half - start;
  if (!r.is_half_pixel && length < 1) length = 1;
  const int samples = r.samples > 0 ? r.samples : static_cast<int>(::ceil(length / outputs));
  Reads reads = {{}, samples < 0 ? 0 : samples};
  for (int i = 0; i < samples; ++i) {
    const double bin = length / outputs, c = start + at * bin + (i + 0.5) * bin / samples;
    if (c < -1 || c > size) continue;
    const double inside = c < 0 ? 0 : c > size - 1 ? size - 1 : c;
    const int low = static_cast<int>(inside);
    reads.corners.push_back({low, low + 1 < size ? low + 1 : low, inside - low});
  }
  return reads;
}

float value_of(const Roi& r, const float* map, const Reads& rows, const Reads& columns) {
  const size_t wanted = static_cast<size_t>(rows.samples) * columns.samples;
  const bool is_whole = wanted == rows.corners.size() * columns.corners.size();
  double sum = 0, best = is_whole && wanted > 0 ? -INFINITY : 0;
  for (const Corner& row : rows.corners) {
    for (const Corner& column : columns.corners) {
      for (int corner = 0; corner < 4; ++corner) {
        const int y = corner & 2 ? row.high : row.low, x = corner & 1 ? column.high : column.low;
        const double share = (corner & 2 ? row.part : 1 - row.part) * (corner & 1 ? column.part : 1 - column.part);
        const double v = share * static_cast<double>(map[(y * r.width + x) * r.inner]);
        sum += v;
        best = v > best ? v : best;
      }
    }
  }
  return static_cast<float>(r.is_max ? best : sum / (wanted > 0 ? static_cast<double>(wanted) : 1));
}

void check_roi(const Roi& r, int regions, int index_bytes) {
  const double scale = 0.75;
  const int blocks = (r.channels + r.inner - 1) / r.inner;
  const size_t map = static_cast<size_t>(r.height) * r.width * r.inner;
  buffer<float> x(r.batch * blocks * map, 1), rois(static_cast<size_t>(regions) * 4, 1);
  x.fill_random(-2, 2);
  for (size_t i = 0; i < rois.size(); ++i) rois[i] = random_float(-4, 1.5f * static_cast<float>(r.width));
  buffer<uint8_t> images(static_cast<size_t>(regions) * index_bytes);
  buffer<float> y(static_cast<size_t>(regions) * blocks * r.oh * r.ow * r.inner, 1), want(y.size());
  size_t to = 0;
  for (int region = 0; region < regions; ++region) {
    const int64_t image = random_int(0, r.batch - 1), given = image == 0 ? -region : image;
    memcpy(&images[static_cast<size_t>(region) * index_bytes], &given, index_bytes);
    const float* roi = &rois[static_cast<size_t>(region) * 4];
    const auto at = [&](int i) { return static_cast<double>(roi[i]); };
    for (int block = 0; block < blocks; ++block) {
      for (int oy = 0; oy < r.oh; ++oy) {
        for (int ox = 0; ox < r.ow; ++ox) {
          const Reads rows = reads_of(r, scale, at(1), at(3), r.oh, r.height, oy);
          const Reads columns = reads_of(r, scale, at(0), at(2), r.ow, r.width, ox);
          for (int lane = 0; lane < r.inner; ++lane)
            want[to++] = value_of(r, x.data() + (image * blocks + block) * map + lane, rows, columns);
        }
      }
    }
  }
  const int group = random_int(1, blocks), width = (r.width + f32v::width - 1) / f32v::width * f32v::width;
  const bool is_joined = r.samples == 0 && !r.is_max;
  const auto most = [&](int outputs, int size) {
    return is_joined ? size + 2 * outputs + 8 : r.samples == 0 ? 32768 : 2 * r.samples * outputs;
  };
  const int row_taps = most(r.oh, r.height), column_taps = most(r.ow, r.width);
  int32_t words[17] = {r.batch,         blocks,   r.height,    r.width, r.oh,  r.ow,     r.inner,    r.samples,
                       r.is_half_pixel, r.is_max, index_bytes, group,   width, row_taps, column_taps};
  memcpy(words + 15, &scale, 8);
  const size_t axes = 2 * (r.oh + r.ow + 2) + 3 * (row_taps + column_taps) + 2 * (r.height + r.width);
  call_words("f32_roi_align", {x.data(), rois.data(), images.data(), y.data()}, words,
             regions * ((blocks + group - 1) / group), (static_cast<size_t>(width) * r.inner + axes) * 4);
  expect_close("roi align", y.data(), want.data(), want.size(), 1e-5, 1e-5);
}

void check_top_k(int outer, int length, int inner, int k, int values) {
  buffer<float> x(static_cast<size_t>(outer) * length * inner, 1);
  const size_t size = static_cast<size_t>(outer) * k * inner;
  buffer<float> y(size, 1), want(size);
  buffer<int64_t> indices(size), want_indices(size);
  for (size_t i = 0; i < x.size(); ++i) {
    const int kind = random_int(0, 40);
    const float number = values > 0 ? static_cast<float>(random_int(-values, values)) : random_float(-3, 3);
    x[i] = kind == 0 ? NAN : kind == 1 ? INFINITY : kind == 2 ? -INFINITY : kind == 3 ? -0.0f : number;
    if (values < 0) x[i] = static_cast<float>(values == -1 ? i : x.size() - i);
  }
  const int is_largest = random_int(0, 1);
  const auto rank = [&](float v) { return v != v ? INFINITY : is_largest ? -v : v; };
  for (int lane = 0; lane < outer * inner; ++lane) {
    const float* from = x.data() + static_cast<size_t>(lane / inner) * length * inner + lane % inner;
    std::vector<int> order(length);
    for (int i = 0; i < length; ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return rank(from[a * inner]) < rank(from[b * inner]); });
    for (int i = 0; i < k; ++i) {
      const size_t to = (static_cast<size_t>(lane / inner) * k + i) * inner + lane % inner;
      want[to] = from[order[i] * inner];
      want_indices[to] = order[i];
    }
  }
  const int capacity = k <= 16 ? k : std::min(length, k + random_int(1, 2 * k)), chunk = random_int(1, outer * inner);
  const int32_t words[] = {outer, length, inner, k, is_largest, capacity, chunk};
  call_words("f32_top_k", {x.data(), y.data(), indices.data()}, words, (outer * inner + chunk - 1) / chunk,
             static_cast<size_t>(capacity) * 16 + (inner > 1 ? static_cast<size_t>(length) * 4 : 0));
  expect_equal("top k indices", indices.data(), want_indices.data(), size);
  expect_equal("top k values", y.data(), want.data(), size);
}

}  // namespace

CORACLE_CHECK(roi_align) {
  for (int inner : {1, static_cast<int>(f32v::width)}) {
    for (int flags = 0; flags < 4; ++flags) {
      for (int samples : {0, 1, 2, 3}) {
        check_roi({2, 5, 7, 8, 3, 2, inner, samples, flags & 1, flags >> 1}, 9, 8);
        check_roi({1, 33, 21, 37, 7, 7, inner, samples, flags & 1, flags >> 1}, 4, 4);
        check_roi({3, 2, 1, 1, 2, 5, inner, samples, flags & 1, flags >> 1}, 6, 8);
      }
    }
  }
}

CORACLE_CHECK(top_k) {
  for (int values : {0, 3, -1, -2}) {
    for (int k : {1, 2, 16}) check_top_k(3, 16 + random_int(0, 80), 1, k, values);
    for (int k : {17, 100, 600}) check_top_k(2, 600 + random_int(0, 1500), 1, k, values);
    check_top_k(2, 33, 5, 4, values);
    check_top_k(2, 333, 3, 70, values);
    check_top_k(1, 1, 1, 1, values);
    check_top_k(1, 50, 1, 50, values);
    check_top_k(1, 5000, 1, 5000, values);
  }
}

}  // namespace coracle::CORACLE_ISA::check
