#include "check/conv_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int kTile = 2;

int ceil_div(int a, int b) { return (a + b - 1) / b; }
size_t odd_lines(int lines) { return static_cast<size_t>(lines | 1) * f32v::width; }

ConvCase random_winograd_case() {
  ConvCase c = random_case(1);
  c.kh = c.kw = 3;
  c.sh = c.sw = c.dh = c.dw = 1;
  c.top = random_int(0, 2);
  c.left = random_int(0, 2);
  c.bottom = random_int(0, 2);
  c.right = random_int(0, 2);
  c.h = random_int(c.top + c.bottom < 2 ? 3 : 1, 20);
  c.w = random_int(c.left + c.right < 2 ? 3 : 1, 20);
  return c;
}

// How a case is cut into tasks.
struct Cut {
  int outputs, tiles, out_tiles, in_blocks;

  Cut(const ConvCase& c, int outputs)
      : outputs(outputs),
        tiles(random_int(1, random_int(0, 1) ? 60 : 8)),
        out_tiles(random_int(1, ceil_div(blocks_of(c.out), kTile))),
        in_blocks(random_int(1, blocks_of(c.in))) {}
  int planes() const { return (outputs + 2) * (outputs + 2); }
  int blocks(const ConvCase& c) const {
    return ceil_div(c.n * ceil_div(c.out_height(), outputs) * ceil_div(c.out_width(), outputs), tiles);
  }
  size_t input_floats(const ConvCase& c) const { return planes() * odd_lines(blocks_of(c.in) * tiles); }
  size_t product_floats() const { return planes() * odd_lines(kTile * tiles); }
};

std::vector<int32_t> words_of(const ConvCase& c, const Cut& cut, bool is_transformed, bool has_residual) {
  return {cut.outputs,   c.n,   c.in,         blocks_of(c.out), c.h,           c.w,           c.out_height(),
          c.out_width(), c.top, c.left,       cut.tiles,        cut.out_tiles, cut.in_blocks, is_transformed,
          has_residual,  c.act, bits_of(c.a), bits_of(c.b)};
}

// The largest error against the outputs' root mean square.
double relative_error(const buffer<float>& got, const buffer<float>& want) {
  double largest = 0, squares = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const double error = fabs(static_cast<double>(got[i]) - want[i]);
    if (!(error <= largest)) largest = error;
    squares += static_cast<double>(want[i]) * want[i];
  }
  return largest / ::sqrt(squares / want.size() + 1e-12);
}

void check_winograd(const ConvCase& c, int outputs, bool is_split, bool has_residual) {
  constexpr int width = f32v::width;
  const ConvData d(c, has_residual);
  const Cut cut(c, outputs);
  const int padded = blocks_of(c.out) * width, tiles = ceil_div(blocks_of(c.out), kTile), pixels = c.h * c.w;
  const int out_pixels = c.out_height() * c.out_width();
  buffer<float> weights(static_cast<size_t>(cut.planes()) * c.in * padded), bias(padded);
  const int32_t pack[] = {outputs, c.out, c.in};
  call_words("f32_winograd_pack", {d.w.data(), weights.data()}, pack, tiles, 0);
  for (int i = 0; i < padded; ++i) bias[i] = i < c.out ? d.bias[i] : 0;
  buffer<float> x(static_cast<size_t>(c.n) * blocks_of(c.in) * width * pixels, random_int(0, 3));
  buffer<float> out(static_cast<size_t>(c.n) * padded * out_pixels, random_int(0, 3));
  buffer<float> residual(out.size(), random_int(0, 3)), transformed(cut.blocks(c) * cut.input_floats(c));
  to_blocked(d.x.data(), c.n, c.in, pixels, x.data());
  to_blocked(d.residual.data(), c.n, c.out, out_pixels, residual.data());
  const std::vector<int32_t> words = words_of(c, cut, is_split, has_residual);
  if (is_split) {
    call_words("f32_winograd_input", {x.data(), transformed.data()}, words.data(),
               cut.blocks(c) * ceil_div(blocks_of(c.in), cut.in_blocks), 0);
  }
  const float* source = is_split ? transformed.data() : x.data();
  call_words("f32_winograd", {source, weights.data(), bias.data(), out.data(), residual.data()}, words.data(),
             cut.blocks(c) * ceil_div(tiles, cut.out_tiles),
             (cut.product_floats() + (is_split ? 0 : cut.input_floats(c))) * sizeof(float));
  buffer<float> got(d.want.size());
  from_blocked(out.data(), c.n, c.out, out_pixels, got.data());
  expect_close(c.name().data(), got.data(), d.want.data(), got.size(), 1e-4, 1e-4);
  const double error = relative_error(got, d.want);
  if (c.in > 1 && c.act == CORACLE_ACT_NONE && !(error < 1e-4)) fail("%s: relative error %.2g", c.name().data(), error);
}

}  // namespace

CORACLE_CHECK(winograd) {
  for (int i = 0; i < 160; ++i) check_winograd(random_winograd_case(), i % 2 ? 4 : 2, i / 2 % 2, i / 4 % 2);
}

// Every output size up to five tiles, without padding and with.
CORACLE_CHECK(winograd_sizes) {
  for (int size = 1; size <= 20; ++size) {
    for (const int pad : {0, 1}) {
      ConvCase c = random_winograd_case();
      c.n = 1;
      c.top = c.left = c.bottom = c.right = pad;
      c.h = size + 2 - 2 * pad;
      c.w = random_int(3, 20);
      if (c.h < 1) continue;
      for (const int outputs : {2, 4}) check_winograd(c, outputs, false, false);
    }
  }
}

// The accuracy promised of a layer, at the depth of real ones.
CORACLE_CHECK(winograd_accuracy) {
  for (const int outputs : {2, 4}) {
    ConvCase c = {};
    c.n = c.groups = 1;
    c.in = 512;
    c.out = 16;
    c.h = c.w = 9;
    c.kh = c.kw = 3;
    c.sh = c.sw = c.dh = c.dw = 1;
    c.top = c.left = c.bottom = c.right = 1;
    check_winograd(c, outputs, false, false);
  }
}

}  // namespace coracle::CORACLE_ISA::check
