#include <math.h>

#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

struct Case {
  int batch, heads, s, t, d, dv;
  bool joined;  // heads beside each other in a row
  int mask;     // 0 none, 1 [t], 2 [batch, 1, s, t], 3 [heads, 1, 1]
};

struct Strides {
  int32_t batch, head, row;
};

Strides strides_of(const Case& c, int rows, int cols) {
  if (c.joined) return {rows * c.heads * cols, cols, c.heads * cols};
  return {c.heads * rows * cols, rows * cols, cols};
}

struct Mask {
  Strides strides;
  int32_t col;
};

Mask mask_of(const Case& c) {
  if (c.mask == 2) return {{c.s * c.t, 0, c.t}, 1};
  if (c.mask == 3) return {{0, 1, 0}, 0};
  return {{0, 0, 0}, 1};
}

size_t at(const Strides& s, int batch, int head, int row) {
  return static_cast<size_t>(batch) * s.batch + static_cast<size_t>(head) * s.head + static_cast<size_t>(row) * s.row;
}

// One row of y by doubles.
void expect_row(const Case& c, const float* q, const float* const* kv, const float* mask, float* want) {
  const Strides ks = strides_of(c, c.t, c.d), vs = strides_of(c, c.t, c.dv);
  std::vector<double> scores(c.t);
  double top = -INFINITY, sum = 0;
  for (int t = 0; t < c.t; ++t) {
    for (int i = 0; i < c.d; ++i) scores[t] += static_cast<double>(q[i]) * kv[0][t * ks.row + i];
    scores[t] = scores[t] * 0.25 + (mask ? static_cast<double>(mask[t * mask_of(c).col]) : 0);
    top = scores[t] > top ? scores[t] : top;
  }
  for (double& x : scores) sum += x = exp(x - top);
  for (int i = 0; i < c.dv; ++i) {
    double y = 0;
    for (int t = 0; t < c.t; ++t) y += scores[t] / sum * kv[1][t * vs.row + i];
    want[i] = static_cast<float>(y);
  }
}

void check_case(const Case& c) {
  const int all = c.batch * c.heads;
  buffer<float> q(static_cast<size_t>(all) * c.s * c.d, 1), k(static_cast<size_t>(all) * c.t * c.d, 2);
  buffer<float> v(static_cast<size_t>(all) * c.t * c.dv, 3), y(static_cast<size_t>(all) * c.s * c.dv, 1);
  const size_t mask_size = c.mask == 2 ? static_cast<size_t>(c.batch) * c.s * c.t : c.mask == 3 ? c.heads : c.t;
  buffer<float> mask(mask_size, 1), want(y.size());
  for (buffer<float>* b : {&q, &k, &v, &mask}) b->fill_random(-2, 2);
  if (c.mask == 1 && c.t > 2) mask.data()[1] = -INFINITY;
  const Strides qs = strides_of(c, c.s, c.d), ks = strides_of(c, c.t, c.d), vs = strides_of(c, c.t, c.dv);
  const Strides ys = strides_of(c, c.s, c.dv);
  const Mask m = mask_of(c);
  for (int b = 0; b < c.batch; ++b) {
    for (int h = 0; h < c.heads; ++h) {
      for (int row = 0; row < c.s; ++row) {
        const float* kv[] = {k.data() + at(ks, b, h, 0), v.data() + at(vs, b, h, 0)};
        const float* mask_row = c.mask ? mask.data() + at(m.strides, b, h, row) : nullptr;
        expect_row(c, q.data() + at(qs, b, h, row), kv, mask_row, want.data() + at(ys, b, h, row));
      }
    }
  }
  constexpr int width = f32v::width, max_rows = width == 16 ? 14 : 6;
  const int strip = random_int(1, c.s), t = (c.t + width - 1) / width * width, dv = (c.dv + width - 1) / width * width;
  const float scale = 0.25f;
  int32_t scale_bits;
  memcpy(&scale_bits, &scale, 4);
  const int32_t words[] = {c.heads,        c.s,           c.t,      c.d,         c.dv,   qs.batch,
                           qs.head,        qs.row,        ks.batch, ks.head,     ks.row, vs.batch,
                           vs.head,        vs.row,        ys.batch, ys.head,     ys.row, m.strides.batch,
                           m.strides.head, m.strides.row, m.col,    c.mask != 0, strip,  scale_bits};
  const size_t scratch = static_cast<size_t>(t * c.d + dv * c.t + max_rows * (c.d + 16 + t + 16)) * 4;
  call_words("f32_attention", {q.data(), k.data(), v.data(), y.data(), mask.data()}, words,
             all * ((c.s + strip - 1) / strip), scratch);
  char name[100];
  snprintf(name, sizeof name, "b%d h%d s%d t%d d%d dv%d %d mask %d", c.batch, c.heads, c.s, c.t, c.d, c.dv, c.joined,
           c.mask);
  expect_close(name, y.data(), want.data(), y.size(), 3e-5, 3e-5);
}

}  // namespace

CORACLE_CHECK(attention) {
  for (int i = 0; i < 60; ++i) {
    check_case({random_int(1, 2), random_int(1, 3), random_int(1, 40), random_int(1, 50), random_int(1, 40),
                random_int(1, 40), i % 2 == 0, i % 4});
  }
  check_case({1, 2, 128, 128, 64, 64, true, 1});
  check_case({1, 1, 17, 300, 32, 80, false, 0});
}

}  // namespace coracle::CORACLE_ISA::check
