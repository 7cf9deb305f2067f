#include "check/conv_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int kTile = 2;

int ceil_div(int a, int b) { return (a + b - 1) / b; }
size_t odd_lines(int lines) { return static_cast<size_t>(lines | 1) * f32v::width; }

// As the kernels know them, by their codes.
struct Scheme {
  int row_outputs, row_taps, col_outputs, col_taps;

  int planes() const { return (row_outputs + row_taps - 1) * (col_outputs + col_taps - 1); }
};

constexpr Scheme kSchemes[] = {
    {2, 3, 2, 3}, {4, 3, 4, 3}, {6, 3, 6, 3}, {4, 3, 2, 3}, {1, 1, 4, 3},
    {4, 3, 1, 1}, {1, 1, 6, 7}, {6, 7, 1, 1}, {4, 5, 4, 5},
};
constexpr int kNumSchemes = sizeof kSchemes / sizeof kSchemes[0];

int random_size(int taps, int pads) { return random_int(pads < taps - 1 ? taps - pads : 1, 20); }

ConvCase random_winograd_case(const Scheme& scheme) {
  ConvCase c = random_case(1);
  c.kh = scheme.row_taps;
  c.kw = scheme.col_taps;
  c.sh = c.sw = c.dh = c.dw = 1;
  c.top = random_int(0, c.kh - 1);
  c.left = random_int(0, c.kw - 1);
  c.bottom = random_int(0, c.kh - 1);
  c.right = random_int(0, c.kw - 1);
  c.h = random_size(c.kh, c.top + c.bottom);
  c.w = random_size(c.kw, c.left + c.right);
  return c;
}

// How a case is cut into tasks.
struct Cut {
  int code, tiles, out_tiles, in_blocks;
  Scheme scheme;

  Cut(const ConvCase& c, int code)
      : code(code),
        tiles(random_int(1, random_int(0, 1) ? 60 : 8)),
        out_tiles(random_int(1, ceil_div(blocks_of(c.out), kTile))),
        in_blocks(random_int(1, blocks_of(c.in))),
        scheme(kSchemes[code]) {}
  int planes() const { return scheme.planes(); }
  int blocks(const ConvCase& c) const {
    const int rows = ceil_div(c.out_height(), scheme.row_outputs), cols = ceil_div(c.out_width(), scheme.col_outputs);
    return ceil_div(c.n * rows * cols, tiles);
  }
  size_t input_floats(const ConvCase& c) const { return planes() * odd_lines(blocks_of(c.in) * tiles); }
  size_t product_floats() const { return planes() * odd_lines(kTile * tiles); }
};

std::vector<int32_t> words_of(const ConvCase& c, const Cut& cut, bool is_transformed, bool has_residual) {
  return {cut.code,      c.n,   c.in,         blocks_of(c.out), c.h,           c.w,           c.out_height(),
          c.out_width(), c.top, c.left,       cut.tiles,        cut.out_tiles, cut.in_blocks, is_transformed,
          has_residual,  c.act, bits_of(c.a), bits_of(c.b)};
}

double mean_size(const buffer<float>& values) {
  double squares = 0;
  for (size_t i = 0; i < values.size(); ++i) squares += static_cast<double>(values[i]) * values[i];
  return ::sqrt(squares / values.size() + 1e-12);
}

// The largest error against the outputs' root mean square.
double relative_error(const buffer<float>& got, const buffer<float>& want) {
  double largest = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const double error = fabs(static_cast<double>(got[i]) - want[i]);
    if (!(error <= largest)) largest = error;
  }
  return largest / mean_size(want);
}

void check_winograd(const ConvCase& c, int code, bool is_split, bool has_residual) {
  constexpr int width = f32v::width;
  const ConvData d(c, has_residual);
  const Cut cut(c, code);
  const int padded = blocks_of(c.out) * width, tiles = ceil_div(blocks_of(c.out), kTile), pixels = c.h * c.w;
  const int out_pixels = c.out_height() * c.out_width();
  buffer<float> weights(static_cast<size_t>(cut.planes()) * c.in * padded), bias(padded);
  const int32_t pack[] = {code, c.out, c.in};
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
  const double terms = static_cast<double>(c.in) * c.kh * c.kw;
  expect_close(c.name().data(), got.data(), d.want.data(), got.size(), 1e-4, 1e-4 + 2e-5 * ::sqrt(terms));
  const double error = relative_error(got, d.want);
  if (c.in > 1 && c.act == CORACLE_ACT_NONE && !(error < 1e-4)) fail("%s: relative error %.2g", c.name().data(), error);
}

}  // namespace

CORACLE_CHECK(winograd) {
  for (int i = 0; i < 360; ++i) {
    const int code = i % kNumSchemes;
    check_winograd(random_winograd_case(kSchemes[code]), code, i / kNumSchemes % 2, i / kNumSchemes / 2 % 2);
  }
}

// Every output size up to some tiles, without padding and with.
CORACLE_CHECK(winograd_sizes) {
  for (int code = 0; code < kNumSchemes; ++code) {
    for (int size = 1; size <= 20; ++size) {
      const bool has_pads = random_int(0, 1);
      ConvCase c = random_winograd_case(kSchemes[code]);
      c.n = 1;
      c.top = c.bottom = has_pads ? c.kh / 2 : 0;
      c.left = c.right = has_pads ? c.kw / 2 : 0;
      c.h = size + c.kh - 1 - 2 * c.top;
      c.w = random_int(7, 20);
      check_winograd(c, code, false, false);
    }
  }
}

// The accuracy promised of a layer, at the depth of real ones.
CORACLE_CHECK(winograd_accuracy) {
  for (int code = 0; code < kNumSchemes; ++code) {
    ConvCase c = {};
    c.n = c.groups = 1;
    c.in = 512;
    c.out = 16;
    c.h = c.w = 9;
    c.kh = kSchemes[code].row_taps;
    c.kw = kSchemes[code].col_taps;
    c.sh = c.sw = c.dh = c.dw = 1;
    c.top = c.bottom = c.kh / 2;
    c.left = c.right = c.kw / 2;
    check_winograd(c, code, false, false);
  }
}

}  // namespace coracle::CORACLE_ISA::check
