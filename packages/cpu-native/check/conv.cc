#include "check/conv_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int kTile = 2;

// Half of the last block is empty, at the level that has tiles for it.
bool has_half(const ConvCase& c) { return f32v::width == 16 && (c.out - 1) % 16 < 8; }

enum class Form { blocked, from_planes, to_planes };

void pack_weights(const ConvCase& c, bool planar, const float* w, buffer<float>& out) {
  std::vector<int32_t> words = {
      c.groups,           c.out,      c.in, c.kh, c.kw, planar, has_half(c), c.out * c.in * c.kh * c.kw,
      c.in * c.kh * c.kw, c.kh * c.kw};
  for (int i = 0; i < c.kh * c.kw; ++i) words.push_back(i);
  const int tiles = (blocks_of(c.out) + kTile - 1) / kTile;
  call_words("f32_conv_pack", {w, out.data()}, words.data(), c.groups * tiles, 0);
}

void pad_bias(const ConvCase& c, const float* bias, buffer<float>& out) {
  const int32_t words[] = {c.groups, c.out, blocks_of(c.out) * f32v::width, 1};
  call_words("f32_pad_vector", {bias, out.data()}, words, c.groups, 0);
}

struct DirectWords {
  std::vector<int32_t> words;
  int tasks;
  size_t scratch_bytes;
};

// The words of ConvParams, with random strips, tile groups and passes.
DirectWords direct_words(const ConvCase& c, Form form, bool has_residual) {
  constexpr int width = f32v::width;
  const bool planar = form == Form::from_planes, spread = form == Form::to_planes;
  const int oh = c.out_height(), ow = c.out_width(), plane = c.h * c.w, out_plane = oh * ow;
  const int inner_kw = planar && c.dw == 1 ? c.kw : 1;
  const int pixel = planar ? 1 : width, blocks = planar ? c.in : blocks_of(c.in);
  const int inner = planar ? inner_kw : width, tail = planar ? inner_kw : c.in - (blocks - 1) * width;
  const int out_blocks = blocks_of(c.out), tiles = (out_blocks + kTile - 1) / kTile;
  const int rows = random_int(1, oh), cols = random_int(1, ow), per_task = random_int(1, tiles);
  const int pass = spread ? blocks : random_int(1, blocks);
  const int eh = (c.kh - 1) * c.dh + 1, ew = (c.kw - 1) * c.dw + 1;
  const bool copies = c.top || c.left || (oh - 1) * c.sh + eh > c.h || (ow - 1) * c.sw + ew > c.w;
  const bool clips = copies && (inner_kw == 1 || !planar) && random_int(0, 1);
  const int borders = clips ? 2 : copies;
  const int in_group = planar ? c.in * plane : blocks * plane * width;
  const int out_group = spread ? c.out * out_plane : out_blocks * out_plane * width;
  // clang-format off
  std::vector<int32_t> words = {
      c.n, c.groups, pixel, blocks, inner, tail, pass,
      c.groups * in_group, in_group, plane * pixel, c.h, c.w,
      c.kh, planar ? c.kw / inner_kw : c.kw, eh, ew, c.sh, c.sw, c.dh, c.dw, c.top, c.left,
      oh, ow, out_blocks, has_half(c),
      c.groups * out_group, out_group, spread ? 0 : out_plane * width, spread ? ow : ow * width, spread ? 1 : width, 0,
      rows, cols, per_task, borders, has_residual,
      c.act, bits_of(c.a), bits_of(c.b), spread ? c.out : 0};
  // clang-format on
  for (int i = 0; spread && i < c.out; ++i) words.push_back(i * out_plane);
  const int strips = ((oh + rows - 1) / rows) * ((ow + cols - 1) / cols);
  const size_t area = static_cast<size_t>((rows - 1) * c.sh + eh) * ((cols - 1) * c.sw + ew);
  return {words, c.n * c.groups * strips * ((tiles + per_task - 1) / per_task),
          copies && !clips ? area * blocks * pixel * sizeof(float) : 0};
}

void check_direct(const ConvCase& c, Form form, bool has_residual) {
  ConvData d(c, has_residual);
  const int padded = blocks_of(c.out) * f32v::width, taps = c.kh * c.kw;
  const size_t lanes = static_cast<size_t>(c.groups) * (padded - 8 * has_half(c));
  buffer<float> weights(lanes * c.in * taps), bias(c.groups * padded);
  pack_weights(c, form == Form::from_planes, d.w.data(), weights);
  pad_bias(c, d.bias.data(), bias);
  const int out_pixels = c.out_height() * c.out_width();
  const size_t stored = static_cast<size_t>(c.n) * c.groups * padded * out_pixels;
  buffer<float> x(static_cast<size_t>(c.n) * c.groups * blocks_of(c.in) * f32v::width * c.h * c.w, random_int(0, 3));
  to_blocked(d.x.data(), c.n * c.groups, c.in, c.h * c.w, x.data());
  buffer<float> out(form == Form::to_planes ? d.want.size() : stored, random_int(0, 3)), residual(stored);
  to_blocked(d.residual.data(), c.n * c.groups, c.out, out_pixels, residual.data());
  const DirectWords w = direct_words(c, form, has_residual);
  const float* source = form == Form::from_planes ? d.x.data() : x.data();
  call_words("f32_conv_direct", {source, weights.data(), bias.data(), out.data(), residual.data()}, w.words.data(),
             w.tasks, w.scratch_bytes);
  buffer<float> got(d.want.size());
  if (form == Form::to_planes)
    memcpy(got.data(), out.data(), got.size() * sizeof(float));
  else
    from_blocked(out.data(), c.n * c.groups, c.out, out_pixels, got.data());
  expect_close(c.name().data(), got.data(), d.want.data(), got.size(), 2e-5, 2e-5);
}

void check_planar(const ConvCase& c, bool has_residual) {
  ConvData d(c, has_residual);
  buffer<float> out(d.want.size(), random_int(0, 3));
  const int oh = c.out_height(), ow = c.out_width(), rows = random_int(1, oh), unit = 2 * f32v::width;
  const int phase = (ow + unit - 1) / unit * unit + (c.kw - 1) * c.dw / c.sw;
  const int32_t words[] = {c.n,  c.groups, c.in, c.out,        c.h,   c.w,          oh,          ow,
                           c.kh, c.kw,     c.sh, c.sw,         c.dh,  c.dw,         c.top,       c.left,
                           rows, phase,    1,    has_residual, c.act, bits_of(c.a), bits_of(c.b)};
  const size_t height = (rows - 1) * c.sh + (c.kh - 1) * c.dh + 1;
  call_words("f32_conv_planar", {d.x.data(), d.w.data(), out.data(), d.bias.data(), d.residual.data()}, words,
             c.n * c.groups * ((oh + rows - 1) / rows), height * c.in * phase * c.sw * sizeof(float));
  expect_close(c.name().data(), out.data(), d.want.data(), out.size(), 2e-5, 2e-5);
}

// The transposed convolution whose gradient is case c: c's output is its input.
void check_scatter(const ConvCase& c) {
  const int oh = c.out_height(), ow = c.out_width();
  buffer<float> x(static_cast<size_t>(c.n) * c.groups * c.out * oh * ow);
  buffer<float> w(static_cast<size_t>(c.groups) * c.out * c.in * c.kh * c.kw);
  buffer<float> bias(c.groups * c.in), y(static_cast<size_t>(c.n) * c.groups * c.in * c.h * c.w, 1);
  x.fill_random(-1, 1);
  w.fill_random(-1, 1);
  bias.fill_random(-1, 1);
  std::vector<double> sum(y.size());
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = bias[i / (c.h * c.w) % (c.groups * c.in)];
  for_taps(c,
           [&](size_t in_at, size_t w_at, size_t out_at) { sum[in_at] += static_cast<double>(x[out_at]) * w[w_at]; });
  buffer<float> want(y.size());
  for (size_t i = 0; i < sum.size(); ++i) want[i] = static_cast<float>(activated(c, sum[i]));
  const int32_t words[] = {c.n,  c.groups, c.out, c.in, oh,    ow,     c.h, c.w,   c.kh,         c.kw,
                           c.sh, c.sw,     c.dh,  c.dw, c.top, c.left, 1,   c.act, bits_of(c.a), bits_of(c.b)};
  call_words("f32_conv_transpose_scatter", {x.data(), w.data(), y.data(), bias.data()}, words, c.n * c.groups * c.in,
             0);
  expect_close(c.name().data(), y.data(), want.data(), y.size(), 2e-5, 2e-5);
}

}  // namespace

CORACLE_CHECK(conv_direct) {
  for (int i = 0; i < 160; ++i) {
    check_direct(random_case(1), Form::blocked, i % 2);
    check_direct(random_case(1), Form::to_planes, false);
    check_direct(random_case(1), Form::from_planes, i % 2);
  }
}

CORACLE_CHECK(conv_direct_groups) {
  for (int i = 0; i < 40; ++i) {
    ConvCase c = random_case(random_int(2, 3));
    c.in = f32v::width * random_int(1, 2);
    c.out = f32v::width * random_int(1, 3) - (i % 4 == 0 ? f32v::width / 2 : 0);
    check_direct(c, Form::blocked, i % 2);
  }
}

CORACLE_CHECK(conv_planar) {
  for (int i = 0; i < 160; ++i) check_planar(random_case(random_int(1, 4)), i % 2);
}

CORACLE_CHECK(conv_transpose_scatter) {
  for (int i = 0; i < 80; ++i) check_scatter(random_case(random_int(1, 3)));
}

}  // namespace coracle::CORACLE_ISA::check
