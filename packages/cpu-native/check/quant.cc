#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

template <class T>
void check_quantize(int dtype, int outer, int axis, int inner) {
  const size_t count = static_cast<size_t>(outer) * axis * inner;
  constexpr double kLow = static_cast<T>(-1) < 0 ? -128 : 0, kHigh = kLow + 255;
  buffer<float> x(count, 1), scale(axis), back(count, 1), back_want(count);
  buffer<T> zero_point(axis), y(count, 1), want(count);
  x.fill_random(-6, 6);
  scale.fill_random(0.01f, 0.1f);
  if (count > 3) x[3] = INFINITY;
  for (int c = 0; c < axis; ++c) zero_point[c] = static_cast<T>(random_int(0, 100));
  for (size_t i = 0; i < count; ++i) {
    const size_t c = i / inner % axis;
    const double v = std::nearbyint(static_cast<double>(x[i] / scale[c])) + zero_point[c];
    want[i] = static_cast<T>(v < kLow ? kLow : v > kHigh ? kHigh : v);
    back_want[i] = static_cast<float>(want[i] - zero_point[c]) * scale[c];
  }
  const int chunk = random_int(1, static_cast<int>(count)), tasks = (static_cast<int>(count) + chunk - 1) / chunk;
  const int32_t words[] = {dtype, static_cast<int32_t>(count), axis, inner, chunk};
  call_words("f32_quantize", {x.data(), scale.data(), zero_point.data(), y.data()}, words, tasks, 0);
  expect_equal("quantize", y.data(), want.data(), count);
  call_words("f32_dequantize", {y.data(), scale.data(), zero_point.data(), back.data()}, words, tasks, 0);
  expect_equal("dequantize", back.data(), back_want.data(), count);
}

void check_dynamic(int count, float low, float high) {
  buffer<float> x(count, 1), scale(1);
  buffer<uint8_t> zero_point(1);
  x.fill_random(low, high);
  float bottom = 0, top = 0;
  for (int i = 0; i < count; ++i) {
    bottom = x[i] < bottom ? x[i] : bottom;
    top = x[i] > top ? x[i] : top;
  }
  const float want = (top - bottom) / 255;
  const int32_t words[] = {count};
  call_words("f32_dynamic_range", {x.data(), scale.data(), zero_point.data()}, words, 1, 0);
  expect_equal("scale", scale.data(), &want, 1);
  const uint8_t zero_want = static_cast<uint8_t>(std::nearbyint(static_cast<double>(-bottom / want)));
  expect_equal("zero point", zero_point.data(), &zero_want, 1);
}

}  // namespace

CORACLE_CHECK(quant_linear) {
  for (int inner : {1, 5, 16, 33, 100}) {
    check_quantize<uint8_t>(0, 3, 1, inner);
    check_quantize<uint8_t>(0, 2, 7, inner);
    check_quantize<int8_t>(1, 2, 5, inner);
    check_quantize<int8_t>(1, 1, 1, inner);
  }
  const int32_t x[] = {100, -7, 1 << 20}, zero_point[] = {3}, words[] = {2, 3, 1, 1, 2};
  const float scale[] = {0.5f}, want[] = {48.5f, -5.0f, 524286.5f};
  buffer<float> y(3);
  call_words("f32_dequantize", {x, scale, zero_point, y.data()}, words, 2, 0);
  expect_equal("dequantize i32", y.data(), want, 3);
}

CORACLE_CHECK(quant_dynamic) {
  for (int count : {1, 15, 16, 37, 1000}) {
    check_dynamic(count, -3, 5);
    check_dynamic(count, 1, 2);
    check_dynamic(count, -2, -1);
  }
}

}  // namespace coracle::CORACLE_ISA::check
