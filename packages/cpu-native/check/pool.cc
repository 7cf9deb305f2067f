#include <algorithm>

#include "check/conv_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

struct PoolCase {
  ConvCase c;
  bool is_average, count_pads;
};

// Windows of a ceil mode output may hang over the padded end.
void pool_answer(const PoolCase& p, int planes, const float* x, float* want) {
  const ConvCase& c = p.c;
  const int oh = c.out_height(), ow = c.out_width();
  for (int at = 0; at < planes * oh * ow; ++at) {
    const int top = at / ow % oh * c.sh - c.top, left = at % ow * c.sw - c.left;
    const float* plane = x + static_cast<size_t>(at / ow / oh) * c.h * c.w;
    double sum = 0, best = -INFINITY;
    int real = 0, counted = 0;
    for (int kh = 0; kh < c.kh; ++kh) {
      for (int kw = 0; kw < c.kw; ++kw) {
        const int row = top + kh * c.dh, col = left + kw * c.dw;
        counted += row < c.h + c.bottom && col < c.w + c.right;
        if (row < 0 || row >= c.h || col < 0 || col >= c.w) continue;
        const double value = plane[row * c.w + col];
        sum += value;
        best = value > best ? value : best;
        ++real;
      }
    }
    want[at] = static_cast<float>(p.is_average ? sum / std::max(1, p.count_pads ? counted : real) : best);
  }
}

void check_pool(const PoolCase& p) {
  const ConvCase& c = p.c;
  const int channels = c.groups, oh = c.out_height(), ow = c.out_width(), planes = c.n * channels;
  buffer<float> x(static_cast<size_t>(planes) * c.h * c.w, random_int(0, 3));
  buffer<float> y(static_cast<size_t>(planes) * oh * ow, random_int(0, 3)), want(y.size());
  x.fill_random(-1, 1);
  pool_answer(p, planes, x.data(), want.data());
  const int rows = random_int(1, oh), strips = (oh + rows - 1) / rows;
  int32_t words[] = {planes,        c.h,          c.w,          oh,   ow,    c.kh,   c.kw,
                     c.sh,          c.sw,         c.dh,         c.dw, c.top, c.left, c.h + c.bottom,
                     c.w + c.right, p.is_average, p.count_pads, rows};
  call_words("f32_pool", {x.data(), y.data()}, words, planes * strips, 0);
  expect_close(c.name().data(), y.data(), want.data(), y.size());
  const int blocks = c.n * blocks_of(channels);
  buffer<float> blocked_x(static_cast<size_t>(blocks) * f32v::width * c.h * c.w, random_int(0, 3));
  buffer<float> blocked_y(static_cast<size_t>(blocks) * f32v::width * oh * ow, random_int(0, 3));
  to_blocked(x.data(), c.n, channels, c.h * c.w, blocked_x.data());
  words[0] = blocks;
  call_words("f32_pool_blocked", {blocked_x.data(), blocked_y.data()}, words, blocks * strips, 0);
  from_blocked(blocked_y.data(), c.n, channels, oh * ow, y.data());
  expect_close(c.name().data(), y.data(), want.data(), y.size());
}

void check_global(int images, int channels, int pixels, bool is_average) {
  buffer<float> x(static_cast<size_t>(images) * channels * pixels, random_int(0, 3));
  buffer<float> want(images * channels), y(want.size(), random_int(0, 3));
  x.fill_random(-1, 1);
  for (int i = 0; i < images * channels; ++i) {
    double sum = 0, best = -INFINITY;
    for (int j = 0; j < pixels; ++j) {
      const double value = x[static_cast<size_t>(i) * pixels + j];
      sum += value;
      best = value > best ? value : best;
    }
    want[i] = static_cast<float>(is_average ? sum / pixels : best);
  }
  const int32_t words[] = {images, channels, channels, pixels, is_average};
  call_words("f32_global_pool", {x.data(), y.data()}, words, images * channels, 0);
  expect_close("global rows", y.data(), want.data(), y.size());
  const int blocks = blocks_of(channels), stored = blocks * f32v::width;
  buffer<float> blocked(static_cast<size_t>(images) * stored * pixels, random_int(0, 3)), again(y.size(), 1);
  to_blocked(x.data(), images, channels, pixels, blocked.data());
  call_words("f32_global_pool_blocked", {blocked.data(), again.data()}, words, images * blocks, 0);
  expect_close("global blocked", again.data(), want.data(), again.size());
  buffer<float> whole(images * stored, 2), picked(want.size());
  const int32_t whole_words[] = {images, channels, stored, pixels, is_average};
  call_words("f32_global_pool_blocked", {blocked.data(), whole.data()}, whole_words, images * blocks, 0);
  from_blocked(whole.data(), images, channels, 1, picked.data());
  expect_close("global blocked to blocked", picked.data(), want.data(), picked.size());
}

}  // namespace

CORACLE_CHECK(pool) {
  for (int i = 0; i < 150; ++i) {
    PoolCase p = {random_case(random_int(1, 40)), i % 2 == 0, i % 3 == 0};
    ConvCase& c = p.c;
    c.in = c.out = 1;
    check_pool(p);
  }
}

CORACLE_CHECK(global_pool) {
  for (int pixels : {1, 3, 16, 49, 196}) {
    for (int channels : {1, 4, 16, 17, 35}) {
      check_global(random_int(1, 3), channels, pixels, true);
      check_global(random_int(1, 3), channels, pixels, false);
    }
  }
}

}  // namespace coracle::CORACLE_ISA::check
