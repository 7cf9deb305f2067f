#include "check/conv_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int kPanel = 2 * f32v::width;

struct GemmCase {
  int m, n, k, batch;
  bool share_b, trans_a, trans_b, has_bias, has_residual;
};

void check_gemm(const GemmCase& c) {
  const int matrices = c.share_b ? 1 : c.batch, padded = blocks_of(c.n) * f32v::width;
  const float alpha = 0.5f;
  buffer<float> a(static_cast<size_t>(c.batch) * c.m * c.k, random_int(0, 3));
  buffer<float> b(static_cast<size_t>(matrices) * c.k * c.n, random_int(0, 3));
  buffer<float> bias(c.n), padded_bias(padded), y(static_cast<size_t>(c.batch) * c.m * c.n, random_int(0, 3));
  buffer<float> residual(y.size(), random_int(0, 3));
  buffer<float> packed_b(static_cast<size_t>(matrices) * c.k * padded), rows_a(a.size()), want(y.size());
  a.fill_random(-1, 1);
  b.fill_random(-1, 1);
  bias.fill_random(-1, 1);
  residual.fill_random(-1, 1);
  for (size_t at = 0; at < want.size(); ++at) {
    const int n = at % c.n, m = at / c.n % c.m;
    const size_t i = at / c.n / c.m, ib = c.share_b ? 0 : i;
    double sum = 0;
    for (int k = 0; k < c.k; ++k) {
      const float left = a[i * c.m * c.k + (c.trans_a ? k * c.m + m : m * c.k + k)];
      sum += static_cast<double>(left) * b[ib * c.k * c.n + (c.trans_b ? n * c.k + k : k * c.n + n)];
    }
    sum = sum * alpha + (c.has_bias ? static_cast<double>(bias[n]) : 0);
    if (c.has_residual) sum += static_cast<double>(residual[at]);
    want[at] = static_cast<float>(sum > 0 ? sum : 0);
  }
  const int panels = (c.n + kPanel - 1) / kPanel;
  const int32_t pack[] = {matrices, c.k, c.n, c.trans_b ? 1 : c.n, c.trans_b ? c.k : 1, c.k * c.n, bits_of(alpha)};
  call_words("f32_gemm_pack_b", {b.data(), packed_b.data()}, pack, matrices * panels, 0);
  const int32_t pad[] = {1, c.n, padded, 1};
  call_words("f32_pad_vector", {bias.data(), padded_bias.data()}, pad, 1, 0);
  const int chunk = random_int(1, c.m);
  const int32_t transpose[] = {c.batch, c.m, c.k, chunk};
  if (c.trans_a) {
    call_words("f32_gemm_transpose", {a.data(), rows_a.data()}, transpose, c.batch * ((c.m + chunk - 1) / chunk), 0);
  }
  const int strip = random_int(1, c.m), group = random_int(1, panels);
  const int depth = c.k > 100 ? 200 : random_int(1, c.k), copies = random_int(0, 1);
  const int32_t words[] = {c.m,
                           c.n,
                           c.k,
                           c.k,
                           strip,
                           group,
                           depth,
                           copies,
                           c.has_bias,
                           c.has_residual,
                           CORACLE_ACT_RELU,
                           0,
                           0,
                           1,
                           c.batch,
                           c.m * c.k,
                           c.share_b ? 0 : c.k * padded};
  const int tasks = c.batch * ((c.m + strip - 1) / strip) * ((panels + group - 1) / group);
  const float* left = c.trans_a ? rows_a.data() : a.data();
  const int32_t scratch = copies ? strip * (depth + 16) * 4 : 0;
  if (c.has_bias) {
    call_words("f32_gemm", {left, packed_b.data(), y.data(), padded_bias.data(), residual.data()}, words, tasks,
               scratch);
  } else {
    call_words("f32_gemm", {left, packed_b.data(), y.data(), residual.data()}, words, tasks, scratch);
  }
  char name[100];
  snprintf(name, sizeof name, "%dx%dx%d batch %d", c.m, c.n, c.k, c.batch);
  expect_close(name, y.data(), want.data(), y.size(), 3e-5, 3e-5);
}

}  // namespace

CORACLE_CHECK(gemm) {
  for (int i = 0; i < 120; ++i) {
    const GemmCase c = {random_int(1, 20), random_int(1, 150), random_int(1, 40), random_int(1, 3), i % 2 == 0,
                        i % 3 == 0,        i % 5 < 2,          i % 7 < 4,         i % 4 < 2};
    check_gemm(c);
  }
  for (int k : {511, 512, 513, 1200})
    check_gemm({random_int(1, 40), random_int(1, 70), k, 1, true, false, true, true, k % 2 == 0});
  check_gemm({7, 33, 600, 2, false, false, false, false, true});
}

}  // namespace coracle::CORACLE_ISA::check
