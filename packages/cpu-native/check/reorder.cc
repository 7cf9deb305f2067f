#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int width = f32v::width;

struct ReorderParams {
  int32_t batch, channels, pixels, pixels_per_task;
};

void check_shape(const ReorderParams& p, int misaligned) {
  const int blocks = (p.channels + width - 1) / width;
  const int strips = (p.pixels + p.pixels_per_task - 1) / p.pixels_per_task;
  const size_t plain_size = static_cast<size_t>(p.batch) * p.channels * p.pixels;
  const size_t blocked_size = static_cast<size_t>(p.batch) * blocks * p.pixels * width;
  buffer<float> plain(plain_size, misaligned), blocked(blocked_size, misaligned), back(plain_size, misaligned);
  plain.fill_random(-9, 9);
  call("f32_reorder_to_blocked", {plain.data(), blocked.data()}, p, p.batch * blocks * strips);
  std::vector<float> want(blocked_size, 0.0f);
  for (int n = 0; n < p.batch; n++) {
    for (int c = 0; c < p.channels; c++) {
      for (int x = 0; x < p.pixels; x++) {
        const size_t block = static_cast<size_t>(n) * blocks + c / width;
        const size_t from = (static_cast<size_t>(n) * p.channels + c) * p.pixels + x;
        want[(block * p.pixels + x) * width + c % width] = plain[from];
      }
    }
  }
  expect_equal("blocked", blocked.data(), want.data(), blocked_size);
  for (size_t i = 0; i < blocked_size; i++) {
    const int c = static_cast<int>(i / width / p.pixels % blocks) * width + static_cast<int>(i % width);
    if (c >= p.channels) blocked[i] = NAN;
  }
  call("f32_reorder_from_blocked", {blocked.data(), back.data()}, p, p.batch * blocks * strips);
  expect_equal("plain", back.data(), plain.data(), plain_size);
}

}  // namespace

CORACLE_CHECK(reorder) {
  for (int channels : {1, 3, 4, 5, 8, 15, 16, 17, 33}) {
    for (int pixels : {1, 2, 7, 16, 19, 49}) {
      check_shape({random_int(1, 3), channels, pixels, random_int(1, 3) * width}, random_int(0, 3));
    }
  }
}

CORACLE_CHECK(reorder_copy) {
  const struct { int32_t elements, element_bytes, elements_per_task; } p = {1001, 3, 100};
  const size_t bytes = static_cast<size_t>(p.elements) * 3;
  buffer<uint8_t> x(bytes, 5), y(bytes, 1);
  x.fill_random(0, 255);
  call("bytes_copy", {x.data(), y.data()}, p, 11);
  expect_equal("y", y.data(), x.data(), bytes);
}

}  // namespace coracle::CORACLE_ISA::check
