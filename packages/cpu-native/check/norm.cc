#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int kWidth = f32v::width;
constexpr double kEpsilon = 1e-5;

int32_t bits(double value) {
  const float narrow = static_cast<float>(value);
  int32_t word;
  memcpy(&word, &narrow, 4);
  return word;
}

// y = (x - mean) / sqrt(variance + epsilon) over n elements `stride` apart.
void normalize(const float* x, double* y, int n, int stride, bool is_rms) {
  double mean = 0, squares = 0;
  for (int i = 0; i < n && !is_rms; ++i) mean += static_cast<double>(x[i * stride]) / n;
  for (int i = 0; i < n; ++i) {
    y[i] = static_cast<double>(x[i * stride]) - mean;
    squares += y[i] * y[i];
  }
  for (int i = 0; i < n; ++i) y[i] /= std::sqrt(squares / n + kEpsilon);
}

void check_layer(int rows, int n, bool is_rms, bool has_bias) {
  buffer<float> x(static_cast<size_t>(rows) * n, random_int(0, 3)), y(x.size(), 1), want(x.size());
  buffer<float> scale(n, 1), bias(n, 1);
  x.fill_random(-2, 4);
  scale.fill_random(-2, 2);
  bias.fill_random(-1, 1);
  std::vector<double> unit(n);
  for (int r = 0; r < rows; ++r) {
    normalize(x.data() + static_cast<size_t>(r) * n, unit.data(), n, 1, is_rms);
    for (int i = 0; i < n; ++i) {
      want[static_cast<size_t>(r) * n + i] =
          static_cast<float>(unit[i] * static_cast<double>(scale[i]) + (has_bias ? static_cast<double>(bias[i]) : 0));
    }
  }
  const int chunk = random_int(1, rows), tasks = (rows + chunk - 1) / chunk;
  const int32_t words[] = {rows, n, bits(kEpsilon), is_rms, has_bias, chunk};
  if (has_bias) {
    call_words("f32_layer_norm", {x.data(), scale.data(), bias.data(), y.data()}, words, tasks, 0);
  } else {
    call_words("f32_layer_norm", {x.data(), scale.data(), y.data()}, words, tasks, 0);
  }
  expect_close("layer norm", y.data(), want.data(), want.size(), 1e-4, 1e-4);
}

void check_group(int n, int groups, int group, int spatial) {
  const int channels = groups * group;
  buffer<float> x(static_cast<size_t>(n) * channels * spatial, 1), y(x.size(), 1), want(x.size());
  buffer<float> scale(channels), bias(channels);
  x.fill_random(-2, 4);
  scale.fill_random(-2, 2);
  bias.fill_random(-1, 1);
  std::vector<double> unit(static_cast<size_t>(group) * spatial);
  for (int g = 0; g < n * groups; ++g) {
    const size_t at = static_cast<size_t>(g) * group * spatial;
    normalize(x.data() + at, unit.data(), group * spatial, 1, false);
    for (int i = 0; i < group * spatial; ++i) {
      const int c = g % groups * group + i / spatial;
      want[at + i] = static_cast<float>(unit[i] * static_cast<double>(scale[c]) + static_cast<double>(bias[c]));
    }
  }
  const int32_t words[] = {groups, group, spatial, bits(kEpsilon)};
  call_words("f32_group_norm", {x.data(), scale.data(), bias.data(), y.data()}, words, n * groups, 0);
  expect_close("group norm", y.data(), want.data(), want.size(), 1e-4, 1e-4);
}

size_t blocked_index(int n, int c, int s, int channels, int spatial) {
  const int blocks = (channels + kWidth - 1) / kWidth;
  return ((static_cast<size_t>(n) * blocks + c / kWidth) * spatial + s) * kWidth + c % kWidth;
}

// Padded lanes of x stay NaN; only real ones are compared.
void check_instance_blocked(int n, int channels, int spatial) {
  const int blocks = (channels + kWidth - 1) / kWidth;
  buffer<float> x(static_cast<size_t>(n) * blocks * kWidth * spatial), y(x.size());
  buffer<float> scale(channels, 1), bias(channels, 1);
  scale.fill_random(-2, 2);
  bias.fill_random(-1, 1);
  for (int b = 0; b < n; ++b) {
    for (int c = 0; c < channels; ++c) {
      for (int s = 0; s < spatial; ++s) x[blocked_index(b, c, s, channels, spatial)] = random_float(-2, 4);
    }
  }
  const int32_t words[] = {channels, spatial, bits(kEpsilon)};
  call_words("f32_instance_norm_blocked", {x.data(), scale.data(), bias.data(), y.data()}, words, n * blocks, 0);
  std::vector<double> unit(spatial);
  std::vector<float> got(spatial), want(spatial);
  for (int b = 0; b < n; ++b) {
    for (int c = 0; c < channels; ++c) {
      normalize(x.data() + blocked_index(b, c, 0, channels, spatial), unit.data(), spatial, kWidth, false);
      for (int s = 0; s < spatial; ++s) {
        want[s] = static_cast<float>(unit[s] * static_cast<double>(scale[c]) + static_cast<double>(bias[c]));
        got[s] = y[blocked_index(b, c, s, channels, spatial)];
      }
      expect_close("instance norm blocked", got.data(), want.data(), spatial, 1e-4, 1e-4);
    }
  }
}

void check_batch(int n, int channels, int spatial, bool is_blocked) {
  const int blocks = (channels + kWidth - 1) / kWidth;
  const size_t size = static_cast<size_t>(n) * (is_blocked ? blocks * kWidth : channels) * spatial;
  buffer<float> x(size), y(size), scale(channels, 1), bias(channels, 1), mean(channels, 1), variance(channels, 1);
  scale.fill_random(-2, 2);
  bias.fill_random(-1, 1);
  mean.fill_random(-1, 1);
  variance.fill_random(0.1f, 2);
  const auto index = [&](int b, int c, int s) {
    if (is_blocked) return blocked_index(b, c, s, channels, spatial);
    return (static_cast<size_t>(b) * channels + c) * spatial + s;
  };
  std::vector<float> got, want;
  for (int i = 0; i < n * channels * spatial; ++i) {
    x[index(i / spatial / channels, i / spatial % channels, i % spatial)] = random_float(-3, 3);
  }
  const int planes = n * (is_blocked ? blocks : channels), chunk = random_int(1, planes);
  const int32_t words[] = {planes, channels, spatial, bits(kEpsilon), is_blocked, chunk};
  call_words("f32_batch_norm", {x.data(), scale.data(), bias.data(), mean.data(), variance.data(), y.data()}, words,
             (planes + chunk - 1) / chunk, 0);
  for (int i = 0; i < n * channels * spatial; ++i) {
    const int c = i / spatial % channels;
    const size_t at = index(i / spatial / channels, c, i % spatial);
    got.push_back(y[at]);
    want.push_back((x[at] - mean[c]) / std::sqrt(variance[c] + 1e-5f) * scale[c] + bias[c]);
  }
  expect_close("batch norm", got.data(), want.data(), want.size(), 1e-4, 1e-4);
}

void check_across(int outer, int axis, int inner, int kind) {
  const size_t size = static_cast<size_t>(outer) * axis * inner;
  buffer<float> x(size, 1), y(size, 1), want(size);
  x.fill_random(-2, 2);
  const int window = 5;
  const double alpha = 0.3, beta = 0.75, base = 1.5;
  for (size_t i = 0; i < size; ++i) {
    const int a = static_cast<int>(i / inner % axis);
    const size_t first = i - static_cast<size_t>(a) * inner;
    double total = 0;
    for (int j = 0; j < axis; ++j) {
      const double v = static_cast<double>(x[first + static_cast<size_t>(j) * inner]);
      if (kind == 0 && (j < a - (window - 1) / 2 || j > a + window / 2)) continue;
      total += kind == 1 ? std::fabs(v) : v * v;
    }
    const double local = std::pow(base + alpha / window * total, beta);
    const double divisor = kind == 0 ? local : kind == 1 ? total : std::sqrt(total);
    want[i] = static_cast<float>(static_cast<double>(x[i]) / divisor);
  }
  const int vectors = outer * ((inner + kWidth - 1) / kWidth), chunk = random_int(1, vectors);
  const int tasks = (vectors + chunk - 1) / chunk;
  const int32_t lp[] = {outer, axis, inner, kind, chunk};
  const int32_t lrn[] = {outer, axis, inner, window, bits(alpha), bits(beta), bits(base), chunk};
  call_words(kind == 0 ? "f32_lrn" : "f32_lp_norm", {x.data(), y.data()}, kind == 0 ? lrn : lp, tasks, 0);
  expect_close("across", y.data(), want.data(), size, 1e-4, 1e-5);
}

}  // namespace

CORACLE_CHECK(norm_layer) {
  for (int n : {1, 3, 16, 31, 64, 100, 769, 5000}) {
    check_layer(random_int(1, 5), n, false, true);
    check_layer(random_int(1, 5), n, false, false);
    check_layer(random_int(1, 5), n, true, false);
  }
}

CORACLE_CHECK(norm_group) {
  for (int spatial : {1, 2, 7, 16, 49, 1000}) {
    check_group(2, 3, 4, spatial);
    check_group(1, 5, 1, spatial);
  }
}

CORACLE_CHECK(norm_blocked) {
  for (int channels : {1, 3, 16, 17, 40}) {
    for (int spatial : {1, 2, 7, 49, 600}) {
      check_instance_blocked(2, channels, spatial);
      check_batch(2, channels, spatial, true);
      check_batch(2, channels, spatial, false);
    }
  }
}

CORACLE_CHECK(norm_across) {
  for (int kind : {0, 1, 2}) {
    for (int inner : {1, 7, 16, 37}) check_across(2, 9, inner, kind);
  }
}

}  // namespace coracle::CORACLE_ISA::check
