#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

enum DType { kF32, kF64, kF16, kBf16, kI8, kU8, kI16, kU16, kI32, kU32, kI64, kU64, kBool, kNumDTypes };
constexpr int kSizes[] = {4, 8, 2, 2, 1, 1, 2, 2, 4, 4, 8, 8, 1};

template <class T>
void put(uint8_t* p, double value) {
  const T typed = static_cast<T>(value);
  memcpy(p, &typed, sizeof typed);
}

// Small whole numbers and halves: exact in every float dtype.
uint16_t half_bits(double value, int fraction_bits, int bias) {
  if (value == 0) return 0;
  int exponent;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  const int mantissa = static_cast<int>((fraction * 2 - 1) * (1 << fraction_bits));
  return static_cast<uint16_t>((value < 0 ? 0x8000 : 0) | (exponent - 1 + bias) << fraction_bits | mantissa);
}

void encode(int dtype, double value, uint8_t* p) {
  const uint16_t f16 = half_bits(value, 10, 15), bf16 = half_bits(value, 7, 127);
  switch (dtype) {
    case kF32: return put<float>(p, value);
    case kF64: return put<double>(p, value);
    case kF16: memcpy(p, &f16, 2); return;
    case kBf16: memcpy(p, &bf16, 2); return;
    case kI8: return put<int8_t>(p, value);
    case kU8: return put<uint8_t>(p, value);
    case kI16: return put<int16_t>(p, value);
    case kU16: return put<uint16_t>(p, value);
    case kI32: return put<int32_t>(p, value);
    case kU32: return put<uint32_t>(p, value);
    case kI64: return put<int64_t>(p, value);
    case kU64: return put<uint64_t>(p, value);
    default: *p = value != 0;
  }
}

void check_cast(int from, int to, int count) {
  buffer<uint8_t> x(static_cast<size_t>(count) * kSizes[from]), y(static_cast<size_t>(count) * kSizes[to]);
  buffer<uint8_t> want(static_cast<size_t>(count) * kSizes[to]);
  const bool has_sign = from <= kI8 || from == kI16 || from == kI32 || from == kI64;
  const bool keeps_sign = to <= kI8 || to == kI16 || to == kI32 || to == kI64 || to == kBool;
  for (int i = 0; i < count; ++i) {
    double value = from == kBool ? random_int(0, 1) : random_int(has_sign && keeps_sign ? -100 : 0, 100);
    if (from <= kBf16 && i % 2) value = value < 0 ? value / 2 - 0.5 : value / 2 + 0.5;
    if (from > kBf16) value = std::trunc(value);
    encode(from, value, x.data() + static_cast<size_t>(i) * kSizes[from]);
    const double stored = to > kBf16 && to != kBool ? std::trunc(value) : value;
    encode(to, stored, want.data() + static_cast<size_t>(i) * kSizes[to]);
  }
  const int32_t chunk = random_int(1, count);
  const int32_t words[] = {count, from, to, chunk};
  call_words("cast", {x.data(), y.data()}, words, (count + chunk - 1) / chunk, 0);
  char name[32];
  snprintf(name, sizeof name, "cast %d to %d", from, to);
  expect_equal(name, y.data(), want.data(), want.size());
}

uint16_t cast_to(int dtype, double value) {
  uint16_t result = 0;
  const int32_t words[] = {1, kF64, dtype, 1};
  call_words("cast", {&value, &result}, words, 1, 0);
  return result;
}

}  // namespace

CORACLE_CHECK(elementwise_cast) {
  for (int from = 0; from < kNumDTypes; ++from) {
    for (int to = 0; to < kNumDTypes; ++to) {
      for (int count : {1, 17, 300, 700}) check_cast(from, to, count);
    }
  }
}

CORACLE_CHECK(elementwise_cast_rounding) {
  const struct {
    int dtype;
    double value;
    uint16_t want;
  } cases[] = {{kF16, 65504, 0x7bff},     {kF16, 65520, 0x7c00},       {kF16, 1 + 0x1p-11, 0x3c00},
               {kF16, 0x1p-24, 0x0001},   {kF16, 0x1p-25, 0x0000},     {kF16, 0x1.8p-24, 0x0002},
               {kF16, -INFINITY, 0xfc00}, {kBf16, 1 + 0x1p-8, 0x3f80}, {kBf16, 1 + 0x1.8p-8, 0x3f81},
               {kBf16, 3.4e38, 0x7f80}};
  for (const auto& c : cases) {
    const uint16_t got = cast_to(c.dtype, c.value);
    if (got != c.want) fail("%g as dtype %d: %04x, expected %04x", c.value, c.dtype, got, c.want);
  }
}

}  // namespace coracle::CORACLE_ISA::check
