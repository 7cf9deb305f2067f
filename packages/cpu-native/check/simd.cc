#include "simd/simd.h"

#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int width = f32v::width;

double half_value(uint16_t h) {
  const double sign = h >> 15 ? -1 : 1;
  const int exponent = h >> 10 & 31, mantissa = h & 1023;
  if (exponent == 31) return mantissa != 0 ? NAN : sign * INFINITY;
  return sign * (exponent == 0 ? ::ldexp(mantissa, -24) : ::ldexp(1024 + mantissa, exponent - 25));
}

void check_partial(int n) {
  buffer<float> in(static_cast<size_t>(n), random_int(0, 3)), out(static_cast<size_t>(n), random_int(0, 3));
  in.fill_random(-5, 5);
  float lanes[width];
  store(lanes, load_n(in.data(), n));
  for (int i = 0; i < width; i++) {
    const float want = i < n ? in[static_cast<size_t>(i)] : 0.0f;
    if (lanes[i] == want) continue;
    fail("load_n(%d) lane %d: %g, expected %g", n, i, static_cast<double>(lanes[i]), static_cast<double>(want));
  }
  store_n(out.data(), load(lanes), n);
  expect_equal("store_n", out.data(), in.data(), static_cast<size_t>(n));
  if (mask_bits(first_n(n)) != (1u << n) - 1) fail("first_n(%d): %x", n, mask_bits(first_n(n)));
}

}  // namespace

CORACLE_CHECK(simd_partial) {
  for (int n = 1; n <= width; n++) check_partial(n);
}

CORACLE_CHECK(simd_nan_order) {
  float y[width];
  store(y, min(set1(1.0f), set1(NAN)));
  if (!isnan(y[0])) fail("min(1, NaN) is not its second operand");
  store(y, max(set1(NAN), set1(1.0f)));
  if (y[0] != 1) fail("max(NaN, 1) is not its second operand");
  store(y, clamp(set1(NAN), zero(), set1(1.0f)));
  if (!isnan(y[0])) fail("clamp drops NaN");
  if (any(ne(set1(1.0f), set1(1.0f))) || !all(is_nan(set1(NAN)))) fail("ne or is_nan");
}

CORACLE_CHECK(simd_reduce) {
  float x[width], sum = 0, high = -9, low = 9;
  for (int i = 0; i < width; i++) {
    x[i] = static_cast<float>(random_int(-8, 8));
    sum += x[i];
    high = x[i] > high ? x[i] : high;
    low = x[i] < low ? x[i] : low;
  }
  if (reduce_add(load(x)) != sum || reduce_max(load(x)) != high || reduce_min(load(x)) != low) fail("f32 reduction");
  if (reduce_add(to_i32(load(x))) != static_cast<int32_t>(sum)) fail("i32 reduction");
}

CORACLE_CHECK(simd_round) {
  for (float v : {-2.5f, -1.5f, -0.5f, -0.2f, 0.0f, 0.5f, 1.5f, 2.5f, 1e9f}) {
    float y[width];
    const float want[] = {::nearbyintf(v), ::floorf(v), ::ceilf(v), ::truncf(v)};
    const f32v got[] = {round_even(set1(v)), floor(set1(v)), ceil(set1(v)), trunc(set1(v))};
    for (int k = 0; k < 4; k++) {
      store(y, got[k]);
      if (y[0] != want[k]) fail("rounding %d of %g: %g", k, static_cast<double>(v), static_cast<double>(y[0]));
    }
    int32_t whole[width];
    store(whole, to_i32(set1(v)));
    if (whole[0] != static_cast<int32_t>(::nearbyintf(v))) fail("to_i32(%g): %d", static_cast<double>(v), whole[0]);
  }
}

CORACLE_CHECK(simd_bytes) {
  int32_t wide[width];
  buffer<uint8_t> u8(width, 1), u8_back(width, 3);
  buffer<int8_t> i8(width, 1), i8_back(width, 3);
  for (int i = 0; i < width; i++) {
    u8[static_cast<size_t>(i)] = static_cast<uint8_t>(random_u32());
    i8[static_cast<size_t>(i)] = static_cast<int8_t>(random_u32());
    wide[i] = random_int(-400, 400);
  }
  store_u8(u8_back.data(), load_u8(u8.data()));
  expect_equal("u8", u8_back.data(), u8.data(), width);
  store_i8(i8_back.data(), load_i8(i8.data()));
  expect_equal("i8", i8_back.data(), i8.data(), width);
  store_u8(u8_back.data(), load(wide));
  store_i8(i8_back.data(), load(wide));
  for (int i = 0; i < width; i++) {
    const int v = wide[i];
    if (u8_back[static_cast<size_t>(i)] != (v < 0 ? 0 : v > 255 ? 255 : v)) fail("store_u8(%d)", v);
    if (i8_back[static_cast<size_t>(i)] != (v < -128 ? -128 : v > 127 ? 127 : v)) fail("store_i8(%d)", v);
  }
}

CORACLE_CHECK(simd_half) {
  for (uint32_t first = 0; first < 65536; first += width) {
    uint16_t halves[width], back[width];
    float values[width];
    for (int i = 0; i < width; i++) halves[i] = static_cast<uint16_t>(first + static_cast<uint32_t>(i));
    store(values, load_f16(halves));
    store_f16(back, load(values));
    for (int i = 0; i < width; i++) {
      const double want = half_value(halves[i]);
      const double got = static_cast<double>(values[i]);
      if (!is_close(got, want, 0, 0)) fail("load_f16(%x): %g, expected %g", halves[i], got, want);
      if (!isnan(want) && back[i] != halves[i]) fail("store_f16 of %x: %x", halves[i], back[i]);
    }
  }
  const float values[] = {65519.0f, 65520.0f, 2049.0f, 2051.0f, 2.98e-8f, 2.99e-8f, -1e9f};
  const uint16_t wants[] = {0x7bff, 0x7c00, 0x6800, 0x6802, 0, 1, 0xfc00};
  for (int i = 0; i < 7; i++) {
    uint16_t back[width];
    store_f16(back, set1(values[i]));
    if (back[0] != wants[i]) fail("store_f16(%g): %x, expected %x", static_cast<double>(values[i]), back[0], wants[i]);
  }
}

}  // namespace coracle::CORACLE_ISA::check
