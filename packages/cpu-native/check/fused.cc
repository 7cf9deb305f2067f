#include <algorithm>

#include "check/conv_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int width = f32v::width;

struct ChainCase {
  bool has_expand, has_residual;
  int n, in, mid, out;
  ConvCase depthwise;
};

ConvCase point_case(const ChainCase& chain, int in, int out, int h, int w) {
  ConvCase c = random_case(1);
  c.n = chain.n;
  c.in = in;
  c.out = out;
  c.h = h;
  c.w = w;
  c.kh = c.kw = c.sh = c.sw = c.dh = c.dw = 1;
  c.top = c.left = c.bottom = c.right = 0;
  return c;
}

ChainCase random_chain() {
  ChainCase chain = {};
  chain.has_expand = random_int(0, 3) != 0;
  chain.has_residual = random_int(0, 1);
  chain.mid = random_int(1, 70);
  chain.in = chain.has_expand ? random_int(1, 40) : chain.mid;
  chain.out = random_int(1, 70);
  ConvCase& d = chain.depthwise = random_case(chain.mid);
  chain.n = d.n;
  d.in = d.out = d.dh = d.dw = 1;
  if (random_int(0, 1)) d.kh = d.kw = random_int(0, 1) ? 3 : 5;
  d.h = d.kh + random_int(0, 14);
  d.w = d.kw + random_int(0, 40);
  return chain;
}

bool is_half(int channels) { return width == 16 && (channels - 1) % 16 < 8; }

// The packed weights of one product.
struct PointWeights {
  buffer<float> w, bias;

  PointWeights(const ConvCase& c, const ConvData& d)
      : w(static_cast<size_t>(blocks_of(c.out)) * width * c.in), bias(blocks_of(c.out) * width) {
    const int32_t pack[] = {1, c.out, c.in, 1, 1, 0, is_half(c.out), c.out * c.in, c.in, 1, 0};
    const int32_t pad[] = {1, c.out, blocks_of(c.out) * width, 1};
    call_words("f32_conv_pack", {d.w.data(), w.data()}, pack, (blocks_of(c.out) + 1) / 2, 0);
    call_words("f32_pad_vector", {d.bias.data(), bias.data()}, pad, 1, 0);
  }
};

void copy_into(buffer<float>& to, const buffer<float>& from) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = from[i];
}

// The answer of a stage from the rounded answer of the one before.
void redo(const ConvCase& c, ConvData& d, bool has_residual) {
  const size_t pixels = static_cast<size_t>(c.out_height()) * c.out_width();
  std::vector<double> sum(d.want.size());
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] = d.bias[i / pixels % (c.groups * c.out)] + (has_residual ? static_cast<double>(d.residual[i]) : 0);
  }
  for_taps(
      c, [&](size_t in_at, size_t w_at, size_t out_at) { sum[out_at] += static_cast<double>(d.x[in_at]) * d.w[w_at]; });
  for (size_t i = 0; i < sum.size(); ++i) d.want[i] = static_cast<float>(activated(c, sum[i]));
}

void check_chain(const ChainCase& chain) {
  const ConvCase& c = chain.depthwise;
  const ConvCase e = point_case(chain, chain.in, chain.mid, c.h, c.w);
  const int oh = c.out_height(), ow = c.out_width();
  const ConvCase q = point_case(chain, chain.mid, chain.out, oh, ow);
  ConvData expand(e, false), middle(c, false), project(q, chain.has_residual);
  if (chain.has_expand) {
    copy_into(middle.x, expand.want);
    redo(c, middle, false);
  }
  copy_into(project.x, middle.want);
  redo(q, project, chain.has_residual);
  PointWeights expand_w(e, expand), project_w(q, project);
  const int mid_blocks = blocks_of(chain.mid), taps = c.kh * c.kw;
  buffer<float> w(static_cast<size_t>(mid_blocks) * width * taps), bias(mid_blocks * width);
  const int32_t pack[] = {chain.mid, taps}, pad[] = {1, chain.mid, mid_blocks * width, 1};
  call_words("f32_depthwise_pack", {middle.w.data(), w.data()}, pack, mid_blocks, 0);
  call_words("f32_pad_vector", {middle.bias.data(), bias.data()}, pad, 1, 0);

  const int in = chain.has_expand ? chain.in : chain.mid;
  const size_t out_stored = static_cast<size_t>(c.n) * blocks_of(chain.out) * width * oh * ow;
  buffer<float> x(static_cast<size_t>(c.n) * blocks_of(in) * width * c.h * c.w, random_int(0, 3));
  buffer<float> out(out_stored, random_int(0, 3)), residual(out_stored, random_int(0, 3)), got(project.want.size());
  to_blocked(chain.has_expand ? expand.x.data() : middle.x.data(), c.n, in, c.h * c.w, x.data());
  to_blocked(project.residual.data(), c.n, chain.out, oh * ow, residual.data());
  const int strip = random_int(1, 4), band = random_int(1, oh), ring = std::min(c.h, (strip - 1) * c.sh + c.kh);
  const auto tail = [](int channels) { return channels - (blocks_of(channels) - 1) * width; };
  const int32_t words[] = {c.n,
                           chain.has_expand,
                           chain.has_residual,
                           blocks_of(in),
                           tail(in),
                           mid_blocks,
                           tail(chain.mid),
                           is_half(chain.mid),
                           blocks_of(chain.out),
                           is_half(chain.out),
                           c.h,
                           c.w,
                           oh,
                           ow,
                           c.kh,
                           c.kw,
                           c.sh,
                           c.sw,
                           c.top,
                           c.left,
                           band,
                           strip,
                           ring,
                           e.act,
                           bits_of(e.a),
                           bits_of(e.b),
                           c.act,
                           bits_of(c.a),
                           bits_of(c.b),
                           q.act,
                           bits_of(q.a),
                           bits_of(q.b)};
  const size_t scratch = static_cast<size_t>(mid_blocks) * width * (strip * ow + (chain.has_expand ? ring * c.w : 0));
  const int tasks = c.n * ((oh + band - 1) / band);
  if (chain.has_expand) {
    call_words("f32_conv_strips",
               {x.data(), out.data(), w.data(), bias.data(), project_w.w.data(), project_w.bias.data(),
                expand_w.w.data(), expand_w.bias.data(), residual.data()},
               words, tasks, scratch * 4);
  } else {
    call_words(
        "f32_conv_strips",
        {x.data(), out.data(), w.data(), bias.data(), project_w.w.data(), project_w.bias.data(), residual.data()},
        words, tasks, scratch * 4);
  }
  from_blocked(out.data(), c.n, chain.out, oh * ow, got.data());
  expect_close(c.name().data(), got.data(), project.want.data(), got.size(), 1e-4, 1e-4);
}

}  // namespace

CORACLE_CHECK(conv_strips) {
  for (int i = 0; i < 300; ++i) check_chain(random_chain());
}

}  // namespace coracle::CORACLE_ISA::check
