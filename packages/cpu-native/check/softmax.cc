#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

void check_softmax(int outer, int axis, int inner, bool is_log) {
  const size_t total = static_cast<size_t>(outer) * axis * inner;
  buffer<float> x(total, random_int(0, 3)), y(total, random_int(0, 3)), want(total);
  x.fill_random(-8, 8);
  if (axis > 2) x[1] = -INFINITY;
  for (int o = 0; o < outer; ++o) {
    for (int i = 0; i < inner; ++i) {
      const size_t at = static_cast<size_t>(o) * axis * inner + i;
      double top = -INFINITY, sum = 0;
      for (int a = 0; a < axis; ++a) top = std::fmax(top, static_cast<double>(x[at + static_cast<size_t>(a) * inner]));
      for (int a = 0; a < axis; ++a) sum += std::exp(static_cast<double>(x[at + static_cast<size_t>(a) * inner]) - top);
      for (int a = 0; a < axis; ++a) {
        const double v = static_cast<double>(x[at + static_cast<size_t>(a) * inner]) - top;
        want[at + static_cast<size_t>(a) * inner] = static_cast<float>(is_log ? v - std::log(sum) : std::exp(v) / sum);
      }
    }
  }
  const int vectors = outer * (inner == 1 ? 1 : (inner + f32v::width - 1) / f32v::width);
  const int chunk = random_int(1, vectors), tasks = (vectors + chunk - 1) / chunk;
  const int32_t words[] = {outer, axis, inner, is_log, chunk};
  call_words("f32_softmax", {x.data(), y.data()}, words, tasks, 0);
  expect_close("softmax", y.data(), want.data(), total, 1e-5, 1e-6);
  call_words("f32_softmax", {x.data(), x.data()}, words, tasks, 0);
  expect_close("softmax in place", x.data(), want.data(), total, 1e-5, 1e-6);
}

}  // namespace

CORACLE_CHECK(softmax) {
  for (int axis : {1, 2, 3, 5, 8, 15, 16, 17}) {
    check_softmax(random_int(200, 600), axis, 1, false);
    check_softmax(random_int(200, 600), axis, 1, true);
  }
  for (int axis : {1, 2, 3, 7, 16, 17, 33, 100, 1000}) {
    for (int inner : {1, 2, 5, 16, 37}) {
      check_softmax(random_int(1, 4), axis, inner, false);
      check_softmax(random_int(1, 4), axis, inner, true);
    }
  }
}

}  // namespace coracle::CORACLE_ISA::check
