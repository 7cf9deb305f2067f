// f16 and bf16 bit patterns to and from f64, rounding to nearest even.
#pragma once
#include <stdint.h>
#include <string.h>

namespace coracle::CORACLE_ISA {
namespace {

inline double bf16_to_f64(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  memcpy(&value, &wide, 4);
  return value;
}

inline uint64_t f64_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  return bits;
}

// A float of `kExponentBits` and `kFractionBits` below a sign, from a double.
template <int kExponentBits, int kFractionBits>
inline uint16_t narrow_f64(double value) {
  constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
  constexpr int kSpecial = (1 << kExponentBits) - 1;
  const uint64_t bits = f64_bits(value);
  const uint32_t sign = static_cast<uint32_t>(bits >> 63) << 15;
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff);
  const uint64_t fraction = bits & 0xfffffffffffffull;
  if (exponent == 0x7ff) {
    const uint32_t quiet = fraction != 0 ? 1u << (kFractionBits - 1) : 0;
    return static_cast<uint16_t>(sign | kSpecial << kFractionBits | quiet);
  }
  const int target = exponent - 1023 + kBias;
  if (target >= kSpecial) return static_cast<uint16_t>(sign | kSpecial << kFractionBits);
  int shift = 52 - kFractionBits;
  uint64_t significand = fraction;
  uint32_t base = 0;
  if (target > 0) {
    base = static_cast<uint32_t>(target) << kFractionBits;
  } else {
    significand |= 1ull << 52;
    shift += 1 - target;
    if (shift > 53) return static_cast<uint16_t>(sign);
  }
  const uint64_t half = 1ull << (shift - 1);
  const uint64_t low = significand & ((1ull << shift) - 1);
  uint32_t kept = base + static_cast<uint32_t>(significand >> shift);
  if (low > half || (low == half && (kept & 1))) ++kept;
  return static_cast<uint16_t>(sign | kept);
}

inline uint16_t f64_to_bf16(double value) { return narrow_f64<8, 7>(value); }
inline uint16_t f64_to_f16(double value) { return narrow_f64<5, 10>(value); }

inline double f16_to_f64(uint16_t bits) {
  const uint64_t sign = static_cast<uint64_t>(bits >> 15) << 63;
  const int exponent = bits >> 10 & 31;
  const uint64_t fraction = bits & 1023;
  if (exponent == 0) {
    const double magnitude = static_cast<double>(fraction) * 0x1p-24;
    return sign ? -magnitude : magnitude;
  }
  const uint64_t wide = exponent == 31 ? 0x7ff : static_cast<uint64_t>(exponent - 15 + 1023);
  const uint64_t whole = sign | wide << 52 | fraction << 42;
  double value;
  memcpy(&value, &whole, 8);
  return value;
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
