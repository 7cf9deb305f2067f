#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/half_bits.h"
#include "kernels/elementwise/panels.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x, y. Codes are positions in core's `dtypes`. Task t: elements [t*chunk, (t+1)*chunk).
// Floats go to integers by truncation to 64 bits and then the low bits (NaN and what is beyond 64 bits: 0); to bool by
// `!= 0`.
struct CastParams {
  int32_t count;
  int32_t from;
  int32_t to;
  int32_t chunk;
};

enum DType { kF32, kF64, kF16, kBf16, kI8, kU8, kI16, kU16, kI32, kU32, kI64, kU64, kBool };
constexpr int64_t kBytes[] = {4, 8, 2, 2, 1, 1, 2, 2, 4, 4, 8, 8, 1};
constexpr int64_t kPiece = 256;

bool is_float(int32_t dtype) { return dtype <= kBf16; }

template <class From, class To>
void copy_as(const void* x, To* y, int64_t n) {
  const From* from = static_cast<const From*>(x);
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<To>(from[i]);
}

void load_f64(int32_t dtype, const void* x, double* y, int64_t n) {
  const uint16_t* half = static_cast<const uint16_t*>(x);
  switch (dtype) {
    case kF32: return copy_as<float>(x, y, n);
    case kF64: return copy_as<double>(x, y, n);
    case kF16:
      for (int64_t i = 0; i < n; ++i) y[i] = f16_to_f64(half[i]);
      return;
    default:
      for (int64_t i = 0; i < n; ++i) y[i] = bf16_to_f64(half[i]);
  }
}

void load_i64(int32_t dtype, const void* x, int64_t* y, int64_t n) {
  switch (dtype) {
    case kI8: return copy_as<int8_t>(x, y, n);
    case kU8:
    case kBool: return copy_as<uint8_t>(x, y, n);
    case kI16: return copy_as<int16_t>(x, y, n);
    case kU16: return copy_as<uint16_t>(x, y, n);
    case kI32: return copy_as<int32_t>(x, y, n);
    case kU32: return copy_as<uint32_t>(x, y, n);
    default: return copy_as<int64_t>(x, y, n);
  }
}

template <class From>
void store_integer(int32_t dtype, const From* x, void* y, int64_t n) {
  switch (dtype) {
    case kI8: return copy_as<From>(x, static_cast<int8_t*>(y), n);
    case kU8: return copy_as<From>(x, static_cast<uint8_t*>(y), n);
    case kI16: return copy_as<From>(x, static_cast<int16_t*>(y), n);
    case kU16: return copy_as<From>(x, static_cast<uint16_t*>(y), n);
    case kI32: return copy_as<From>(x, static_cast<int32_t*>(y), n);
    case kU32: return copy_as<From>(x, static_cast<uint32_t*>(y), n);
    default: return copy_as<From>(x, static_cast<int64_t*>(y), n);
  }
}

template <class From>
void store_float(int32_t dtype, const From* x, void* y, int64_t n) {
  uint16_t* half = static_cast<uint16_t*>(y);
  switch (dtype) {
    case kF32: return copy_as<From>(x, static_cast<float*>(y), n);
    case kF64: return copy_as<From>(x, static_cast<double*>(y), n);
    case kF16:
      for (int64_t i = 0; i < n; ++i) half[i] = f64_to_f16(static_cast<double>(x[i]));
      return;
    default:
      for (int64_t i = 0; i < n; ++i) half[i] = f64_to_bf16(static_cast<double>(x[i]));
  }
}

template <class From>
void store_bool(const From* x, void* y, int64_t n) {
  uint8_t* out = static_cast<uint8_t*>(y);
  for (int64_t i = 0; i < n; ++i) out[i] = x[i] != 0;
}

constexpr double kTwo63 = 9223372036854775808.0;

// Beyond 64 bits: the nearest end for a 64-bit target, else 0.
int64_t outside(double v, bool is_wide) {
  if (!is_wide || v != v) return 0;
  if (v < 0) return INT64_MIN;
  return v < 2 * kTwo63 ? static_cast<int64_t>(static_cast<uint64_t>(v)) : INT64_MAX;
}

void truncate(const double* x, int64_t* y, int64_t n, bool is_wide) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = x[i] >= -kTwo63 && x[i] < kTwo63 ? static_cast<int64_t>(x[i]) : outside(x[i], is_wide);
  }
}

void cast_piece(const CastParams& p, const void* x, void* y, int64_t n) {
  double floats[kPiece];
  int64_t integers[kPiece];
  if (is_float(p.from)) {
    load_f64(p.from, x, floats, n);
    if (p.to == kBool) return store_bool(floats, y, n);
    if (is_float(p.to)) return store_float(p.to, floats, y, n);
    truncate(floats, integers, n, p.to == kI64 || p.to == kU64);
    return store_integer(p.to, integers, y, n);
  }
  load_i64(p.from, x, integers, n);
  if (p.to == kBool) return store_bool(integers, y, n);
  if (!is_float(p.to)) return store_integer(p.to, integers, y, n);
  if (p.from == kU64) return store_float(p.to, reinterpret_cast<const uint64_t*>(integers), y, n);
  store_float(p.to, integers, y, n);
}

// Nearest even by integers, so that subnormals stay even where the processor flushes them.
void store_bf16(const uint32_t* x, uint16_t* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const uint32_t rounded = x[i] + 0x7fff + (x[i] >> 16 & 1);
    const bool is_nan = (x[i] & 0x7fffffff) > 0x7f800000;
    y[i] = static_cast<uint16_t>((is_nan ? x[i] | 0x400000 : rounded) >> 16);
  }
}

void load_bf16(const uint16_t* x, uint32_t* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<uint32_t>(x[i]) << 16;
}

void load_f16_run(const uint16_t* x, float* y, int64_t n) {
  int64_t i = 0;
  for (; i + f32v::width <= n; i += f32v::width) store(y + i, load_f16(x + i));
  for (; i < n; ++i) y[i] = static_cast<float>(f16_to_f64(x[i]));
}

void store_f16_run(const float* x, uint16_t* y, int64_t n) {
  int64_t i = 0;
  for (; i + f32v::width <= n; i += f32v::width) store_f16(y + i, load(x + i));
  for (; i < n; ++i) y[i] = f64_to_f16(static_cast<double>(x[i]));
}

// The pairs that networks use often, without the detour.
bool cast_direct(const CastParams& p, const void* x, void* y, int64_t n) {
  float* floats = static_cast<float*>(y);
  const uint16_t* half = static_cast<const uint16_t*>(x);
  switch (p.from * 16 + p.to) {
    case kU8 * 16 + kF32:
    case kBool * 16 + kF32: copy_as<uint8_t>(x, floats, n); return true;
    case kI8 * 16 + kF32: copy_as<int8_t>(x, floats, n); return true;
    case kI32 * 16 + kF32: copy_as<int32_t>(x, floats, n); return true;
    case kI64 * 16 + kF32: copy_as<int64_t>(x, floats, n); return true;
    case kI64 * 16 + kI32: copy_as<int64_t>(x, static_cast<int32_t*>(y), n); return true;
    case kI32 * 16 + kI64: copy_as<int32_t>(x, static_cast<int64_t*>(y), n); return true;
    case kF16 * 16 + kF32: load_f16_run(half, floats, n); return true;
    case kF32 * 16 + kF16: store_f16_run(static_cast<const float*>(x), static_cast<uint16_t*>(y), n); return true;
    case kBf16 * 16 + kF32: load_bf16(half, static_cast<uint32_t*>(y), n); return true;
    case kF32 * 16 + kBf16: store_bf16(static_cast<const uint32_t*>(x), static_cast<uint16_t*>(y), n); return true;
    default: return false;
  }
}

}  // namespace

void cast(const coracle_call* call, int32_t begin, int32_t end) {
  CastParams p;
  memcpy(&p, call->params, sizeof p);
  const int64_t first = static_cast<int64_t>(begin) * p.chunk;
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, p.count);
  const char* x = static_cast<const char*>(call->args[0]);
  char* y = static_cast<char*>(call->args[1]);
  const int64_t from = kBytes[p.from], to = kBytes[p.to];
  if (cast_direct(p, x + first * from, y + first * to, last - first)) return;
  for (int64_t i = first; i < last; i += kPiece) {
    cast_piece(p, x + i * from, y + i * to, min64(kPiece, last - i));
  }
}

}  // namespace coracle::CORACLE_ISA
