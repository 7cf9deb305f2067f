#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

void check_nearest(int outer, int ih, int iw, int oh, int ow, int bytes) {
  buffer<uint8_t> x(static_cast<size_t>(outer) * ih * iw * bytes, 1);
  buffer<uint8_t> y(static_cast<size_t>(outer) * oh * ow * bytes, 1), want(y.size());
  buffer<int32_t> rows(oh), columns(ow);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<uint8_t>(random_u32());
  for (int i = 0; i < oh; ++i) rows[i] = i * ih / oh;
  for (int i = 0; i < ow; ++i) columns[i] = random_int(0, iw - 1);
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t pixel = i / bytes, o = pixel / ow / oh;
    want[i] = x[((o * ih + rows[pixel / ow % oh]) * iw + columns[pixel % ow]) * bytes + i % bytes];
  }
  const int chunk = random_int(1, outer * oh);
  const int32_t words[] = {outer, ih, iw, oh, ow, bytes, chunk};
  const int tasks = (outer * oh + chunk - 1) / chunk;
  call_words("resize_nearest", {x.data(), rows.data(), columns.data(), y.data()}, words, tasks, 0);
  expect_equal("nearest", y.data(), want.data(), y.size());
}

void fill_table(buffer<int32_t>& sources, buffer<float>& weights, int size) {
  for (size_t i = 0; i < sources.size(); ++i) sources[i] = random_int(0, size - 1);
  weights.fill_random(0, 1);
}

void check_linear(int outer, int ih, int iw, int oh, int ow, int inner) {
  buffer<float> x(static_cast<size_t>(outer) * ih * iw * inner, 1);
  buffer<float> y(static_cast<size_t>(outer) * oh * ow * inner, 1), want(y.size());
  buffer<int32_t> rows(2 * oh), columns(2 * ow);
  buffer<float> row_weights(oh), column_weights(ow);
  x.fill_random(-2, 2);
  fill_table(rows, row_weights, ih);
  fill_table(columns, column_weights, iw);
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t pixel = i / inner, r = pixel / ow % oh, c = pixel % ow, o = pixel / ow / oh;
    const auto value = [&](int down, int right) {
      return static_cast<double>(x[((o * ih + rows[2 * r + down]) * iw + columns[2 * c + right]) * inner + i % inner]);
    };
    const double v = static_cast<double>(row_weights[r]), w = static_cast<double>(column_weights[c]);
    const double top = (1 - w) * value(0, 0) + w * value(0, 1), bottom = (1 - w) * value(1, 0) + w * value(1, 1);
    want[i] = static_cast<float>((1 - v) * top + v * bottom);
  }
  const int chunk = random_int(1, outer * oh);
  int32_t words[] = {outer, ih, iw, oh, ow, inner, chunk, 0};
  const int tasks = (outer * oh + chunk - 1) / chunk, width = f32v::width;
  const size_t scratch = inner == 1 ? static_cast<size_t>(iw + width) * 4 : 0;
  call_words("f32_resize_linear",
             {x.data(), rows.data(), row_weights.data(), columns.data(), column_weights.data(), y.data()}, words, tasks,
             scratch);
  expect_close("linear", y.data(), want.data(), want.size(), 1e-5, 1e-5);
  if (inner > 1 || iw > width) return;
  const int vectors = (ow + width - 1) / width;
  buffer<int32_t> windows(static_cast<size_t>(vectors) * (1 + 2 * width));
  buffer<float> weights(static_cast<size_t>(vectors) * width);
  for (size_t i = 0; i < windows.size(); ++i) windows[i] = 0;
  for (int i = 0; i < ow; ++i) {
    windows[vectors + i] = columns[2 * i];
    windows[vectors + vectors * width + i] = columns[2 * i + 1];
    weights[i] = column_weights[i];
  }
  words[7] = 1;
  call_words("f32_resize_linear", {x.data(), rows.data(), row_weights.data(), windows.data(), weights.data(), y.data()},
             words, tasks, scratch);
  expect_close("linear, windows", y.data(), want.data(), want.size(), 1e-5, 1e-5);
}

void check_taps(int outer, int in, int out, int inner, int taps) {
  buffer<float> x(static_cast<size_t>(outer) * in * inner, 1);
  buffer<float> y(static_cast<size_t>(outer) * out * inner, 1), want(y.size());
  buffer<int32_t> sources(static_cast<size_t>(out) * taps);
  buffer<float> weights(static_cast<size_t>(out) * taps);
  x.fill_random(-2, 2);
  fill_table(sources, weights, in);
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t row = i / inner, at = row % out * taps;
    double total = 0;
    for (int t = 0; t < taps; ++t) {
      total += static_cast<double>(weights[at + t]) *
               static_cast<double>(x[(row / out * in + sources[at + t]) * inner + i % inner]);
    }
    want[i] = static_cast<float>(total);
  }
  const int chunk = random_int(1, outer * out);
  const int32_t words[] = {outer, in, out, inner, taps, chunk};
  const int tasks = (outer * out + chunk - 1) / chunk;
  call_words("f32_resize_taps", {x.data(), sources.data(), weights.data(), y.data()}, words, tasks, 0);
  expect_close("taps", y.data(), want.data(), want.size(), 1e-5, 1e-5);
}

}  // namespace

CORACLE_CHECK(resize_nearest) {
  for (int bytes : {1, 2, 4, 8, 12, 16, 32, 64}) {
    check_nearest(3, 4, 5, 8, 10, bytes);
    check_nearest(1, 7, 9, 3, 4, bytes);
  }
}

CORACLE_CHECK(resize_linear) {
  for (int inner : {1, 3, 4, 8, 16, 19}) {
    check_linear(2, 5, 6, 9, 13, inner);
    check_linear(1, 9, 31, 4, 7, inner);
    check_linear(2, 3, 4, 5, 50, inner);
  }
}

CORACLE_CHECK(resize_taps) {
  for (int inner : {1, 3, 16, 35}) {
    for (int taps : {1, 2, 4, 9}) check_taps(2, 6, 11, inner, taps);
  }
}

}  // namespace coracle::CORACLE_ISA::check
