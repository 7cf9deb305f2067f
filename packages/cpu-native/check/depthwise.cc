#include "check/conv_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

void check_depthwise(const ConvCase& c, bool has_residual) {
  constexpr int width = f32v::width;
  ConvData d(c, has_residual);
  const int blocks = blocks_of(c.groups), taps = c.kh * c.kw, oh = c.out_height(), ow = c.out_width();
  buffer<float> weights(static_cast<size_t>(blocks) * width * taps), bias(blocks * width);
  const int32_t pack[] = {c.groups, taps}, pad[] = {1, c.groups, blocks * width, 1};
  call_words("f32_depthwise_pack", {d.w.data(), weights.data()}, pack, blocks, 0);
  call_words("f32_pad_vector", {d.bias.data(), bias.data()}, pad, 1, 0);
  const size_t stored = static_cast<size_t>(c.n) * blocks * width;
  buffer<float> x(stored * c.h * c.w, random_int(0, 3)), out(stored * oh * ow, random_int(0, 3));
  buffer<float> residual(stored * oh * ow), got(d.want.size());
  to_blocked(d.x.data(), c.n, c.groups, c.h * c.w, x.data());
  to_blocked(d.residual.data(), c.n, c.groups, oh * ow, residual.data());
  const int rows = random_int(1, oh);
  const int32_t words[] = {c.n,  blocks, c.h,   c.w,    oh,   ow,           c.kh,  c.kw,         c.sh,        c.sw,
                           c.dh, c.dw,   c.top, c.left, rows, has_residual, c.act, bits_of(c.a), bits_of(c.b)};
  call_words("f32_depthwise", {x.data(), weights.data(), bias.data(), out.data(), residual.data()}, words,
             c.n * blocks * ((oh + rows - 1) / rows), 0);
  from_blocked(out.data(), c.n, c.groups, oh * ow, got.data());
  expect_close(c.name().data(), got.data(), d.want.data(), got.size(), 2e-5, 2e-5);
}

ConvCase depthwise_case() {
  ConvCase c = random_case(random_int(1, 40));
  c.in = c.out = 1;
  return c;
}

}  // namespace

CORACLE_CHECK(depthwise) {
  for (int i = 0; i < 200; ++i) check_depthwise(depthwise_case(), i % 2);
  for (int kernel : {3, 5}) {
    for (int step : {1, 2}) {
      for (int width = 1; width < 34; ++width) {
        ConvCase c = depthwise_case();
        c.kh = c.kw = kernel;
        c.sh = c.sw = step;
        c.dh = c.dw = 1;
        c.top = c.left = c.bottom = c.right = kernel / 2;
        c.w = width;
        check_depthwise(c, width % 2);
      }
    }
  }
}

}  // namespace coracle::CORACLE_ISA::check
