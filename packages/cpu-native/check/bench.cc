#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int width = f32v::width;

}  // namespace

CORACLE_CHECK(bench_peak) {
  constexpr int chains = 12;
  constexpr int tasks = 3;
  for (int32_t iterations : {0, 1, 2, 17}) {
    buffer<float> y(static_cast<size_t>(tasks) * chains * width, random_int(0, 3));
    call("f32_peak", {y.data()}, iterations, tasks);
    std::vector<float> want(y.size());
    for (size_t i = 0; i < want.size(); i++) {
      float x = static_cast<float>(i / width % chains + 1);
      for (int32_t n = 0; n < iterations; n++) x = x * 0.5f + 0.5f;
      want[i] = x;
    }
    expect_close("y", y.data(), want.data(), want.size(), 1e-6, 0);
  }
}

CORACLE_CHECK(bench_read) {
  for (int32_t elements : {1, 7, 8, 63, 128, 1000}) {
    const struct { int32_t elements_per_task, passes; } p = {elements, random_int(1, 3)};
    const int tasks = random_int(1, 4);
    buffer<float> x(static_cast<size_t>(tasks) * elements, random_int(0, 3)), y(static_cast<size_t>(tasks) * 16, 1);
    x.fill_random(-1, 1);
    call("f32_read", {x.data(), y.data()}, p, tasks);
    for (int t = 0; t < tasks; t++) {
      double want = 0;
      for (int32_t i = 0; i < elements; i++) want += x[static_cast<size_t>(t) * elements + i];
      want *= p.passes;
      if (!is_close(y[static_cast<size_t>(t) * 16], want, 1e-4, 1e-3)) fail("sum %d: %g", t, want);
    }
  }
}

}  // namespace coracle::CORACLE_ISA::check
