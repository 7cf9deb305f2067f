// Random convolutions and their scalar answer, row-major; blocked copies have NaN in the padded lanes.
#pragma once
#include <string>

#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

inline int blocks_of(int channels) { return (channels + f32v::width - 1) / f32v::width; }

inline int32_t bits_of(float value) {
  int32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

// in and out are channels of one group; top and left pads; bottom and right ones make the output one larger or not.
struct ConvCase {
  int n, groups, in, out, h, w, kh, kw, sh, sw, dh, dw, top, left, bottom, right;
  int32_t act;
  float a, b;

  int out_height() const { return (h + top + bottom - (kh - 1) * dh - 1) / sh + 1; }
  int out_width() const { return (w + left + right - (kw - 1) * dw - 1) / sw + 1; }
  std::string name() const {
    char text[200];
    snprintf(text, sizeof text, "n%d g%d %d->%d %dx%d k%dx%d s%dx%d d%dx%d p%d,%d,%d,%d act%d", n, groups, in, out, h,
             w, kh, kw, sh, sw, dh, dw, top, left, bottom, right, act);
    return text;
  }
};

inline ConvCase random_case(int groups) {
  ConvCase c = {};
  c.n = random_int(1, 2);
  c.groups = groups;
  c.in = random_int(1, groups == 1 ? 40 : 6);
  c.out = random_int(1, groups == 1 ? 70 : 9);
  c.kh = random_int(1, 4);
  c.kw = random_int(1, 4);
  c.sh = random_int(1, 3);
  c.sw = random_int(1, 3);
  c.dh = random_int(0, 3) == 0 ? 2 : 1;
  c.dw = random_int(0, 3) == 0 ? 2 : 1;
  const bool pads = random_int(0, 3) != 0;
  c.top = pads ? random_int(0, c.kh - 1) : 0;
  c.left = pads ? random_int(0, c.kw - 1) : 0;
  c.bottom = pads ? random_int(0, c.kh - 1) : 0;
  c.right = pads ? random_int(0, c.kw - 1) : 0;
  c.h = (c.kh - 1) * c.dh + random_int(1, 8);
  c.w = (c.kw - 1) * c.dw + random_int(1, 34);
  const int32_t acts[] = {CORACLE_ACT_NONE, CORACLE_ACT_RELU, CORACLE_ACT_CLIP, CORACLE_ACT_LEAKY_RELU,
                          CORACLE_ACT_HARD_SWISH};
  c.act = acts[random_int(0, 4)];
  c.a = c.act == CORACLE_ACT_CLIP ? -0.5f : 0.1f;
  c.b = 0.75f;
  return c;
}

inline double activated(const ConvCase& c, double x) {
  const double hard = x / 6 + 0.5;
  switch (c.act) {
    case CORACLE_ACT_RELU: return x > 0 ? x : 0;
    case CORACLE_ACT_CLIP: return x < c.a ? c.a : x > c.b ? c.b : x;
    case CORACLE_ACT_LEAKY_RELU: return x < 0 ? c.a * x : x;
    case CORACLE_ACT_HARD_SWISH: return x * (hard < 0 ? 0 : hard > 1 ? 1 : hard);
    default: return x;
  }
}

// visit(input index, weight index, output index) for each product, all row-major.
template <class F>
void for_taps(const ConvCase& c, F visit) {
  const int oh = c.out_height(), ow = c.out_width();
  const size_t outputs = static_cast<size_t>(c.n) * c.groups * c.out * oh * ow;
  for (size_t at = 0; at < outputs; ++at) {
    const int col = at % ow, row = at / ow % oh;
    const size_t channel = at / ow / oh, oc = channel % (c.groups * c.out), image = channel / (c.groups * c.out);
    for (int ic = 0; ic < c.in; ++ic) {
      const size_t in_channel = (image * c.groups + oc / c.out) * c.in + ic;
      for (int kh = 0; kh < c.kh; ++kh) {
        for (int kw = 0; kw < c.kw; ++kw) {
          const int in_row = row * c.sh - c.top + kh * c.dh, in_col = col * c.sw - c.left + kw * c.dw;
          if (in_row < 0 || in_row >= c.h || in_col < 0 || in_col >= c.w) continue;
          visit((in_channel * c.h + in_row) * c.w + in_col, ((oc * c.in + ic) * c.kh + kh) * c.kw + kw, at);
        }
      }
    }
  }
}

struct ConvData {
  buffer<float> x, w, bias, residual, want;

  ConvData(const ConvCase& c, bool has_residual)
      : x(static_cast<size_t>(c.n) * c.groups * c.in * c.h * c.w, random_int(0, 3)),
        w(static_cast<size_t>(c.groups) * c.out * c.in * c.kh * c.kw, random_int(0, 3)),
        bias(c.groups * c.out, random_int(0, 3)),
        residual(static_cast<size_t>(c.n) * c.groups * c.out * c.out_height() * c.out_width(), random_int(0, 3)),
        want(residual.size()) {
    x.fill_random(-1, 1);
    w.fill_random(-1, 1);
    bias.fill_random(-1, 1);
    residual.fill_random(-1, 1);
    const size_t pixels = static_cast<size_t>(c.out_height()) * c.out_width();
    std::vector<double> sum(want.size());
    for (size_t i = 0; i < sum.size(); ++i) {
      sum[i] = bias[i / pixels % (c.groups * c.out)] + (has_residual ? static_cast<double>(residual[i]) : 0);
    }
    for_taps(c,
             [&](size_t in_at, size_t w_at, size_t out_at) { sum[out_at] += static_cast<double>(x[in_at]) * w[w_at]; });
    for (size_t i = 0; i < sum.size(); ++i) want[i] = static_cast<float>(activated(c, sum[i]));
  }
};

// Groups of `channels` planes to whole blocks; padded lanes become NaN.
inline void to_blocked(const float* x, int groups, int channels, int pixels, float* out) {
  constexpr int width = f32v::width;
  for (int g = 0; g < groups; ++g) {
    for (int block = 0; block < blocks_of(channels); ++block) {
      for (int i = 0; i < pixels * width; ++i) {
        const int channel = block * width + i % width;
        const size_t from = (static_cast<size_t>(g) * channels + channel) * pixels + i / width;
        *out++ = channel < channels ? x[from] : NAN;
      }
    }
  }
}

inline void from_blocked(const float* x, int groups, int channels, int pixels, float* out) {
  constexpr int width = f32v::width;
  for (int g = 0; g < groups; ++g) {
    for (int channel = 0; channel < channels; ++channel) {
      const size_t block = static_cast<size_t>(g) * blocks_of(channels) + channel / width;
      for (int i = 0; i < pixels; ++i) *out++ = x[(block * pixels + i) * width + channel % width];
    }
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA::check
