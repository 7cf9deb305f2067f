#include "kernels.h"
#include "kernels/elementwise/nested.h"

namespace coracle::CORACLE_ISA {
namespace {

enum IntOp { kAdd, kSub, kMul, kDiv, kPow, kMin, kMax, kPrelu, kMod, kFmod, kAnd, kOr, kXor, kShiftLeft, kShiftRight };

// Division by zero gives 0; the most negative number by -1 gives itself.
template <class T>
T divide(T a, T b) {
  if (b == 0) return 0;
  if (b == static_cast<T>(-1) && static_cast<T>(-1) < 0) return static_cast<T>(-static_cast<uint64_t>(a));
  return a / b;
}

template <class T>
T remainder(T a, T b) {
  return b == 0 || (b == static_cast<T>(-1) && static_cast<T>(-1) < 0) ? 0 : a % b;
}

template <class T>
T floor_remainder(T a, T b) {
  const T r = remainder(a, b);
  return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
}

template <class T>
T power(T base, T exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == static_cast<T>(-1) ? (exponent % 2 == 0 ? 1 : base) : 0;
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (uint64_t e = static_cast<uint64_t>(exponent); e != 0; e >>= 1) {
    if (e & 1) result *= factor;
    factor *= factor;
  }
  return static_cast<T>(result);
}

template <class T>
bool bitwise(const NestedParams& p, void* const* args, int32_t begin, int32_t end) {
  constexpr int kBits = 8 * sizeof(T);
  switch (p.op) {
    case kAnd: nested<T, T>(p, args, begin, end, [](T a, T b) { return static_cast<T>(a & b); }); return true;
    case kOr: nested<T, T>(p, args, begin, end, [](T a, T b) { return static_cast<T>(a | b); }); return true;
    case kXor: nested<T, T>(p, args, begin, end, [](T a, T b) { return static_cast<T>(a ^ b); }); return true;
    case kShiftLeft:
      nested<T, T>(p, args, begin, end,
                   [](T a, T b) { return b >= 0 && b < kBits ? static_cast<T>(static_cast<uint64_t>(a) << b) : T{0}; });
      return true;
    case kShiftRight:
      nested<T, T>(p, args, begin, end, [](T a, T b) { return b >= 0 && b < kBits ? static_cast<T>(a >> b) : T{0}; });
      return true;
    default: return false;
  }
}

template <class T>
void int_typed(const NestedParams& p, void* const* args, int32_t begin, int32_t end) {
  using U = uint64_t;
  if (bitwise<T>(p, args, begin, end)) return;
  switch (p.op) {
    case kAdd: return nested<T, T>(p, args, begin, end, [](T a, T b) { return static_cast<T>(U(a) + U(b)); });
    case kSub: return nested<T, T>(p, args, begin, end, [](T a, T b) { return static_cast<T>(U(a) - U(b)); });
    case kMul: return nested<T, T>(p, args, begin, end, [](T a, T b) { return static_cast<T>(U(a) * U(b)); });
    case kDiv: return nested<T, T>(p, args, begin, end, divide<T>);
    case kPow: return nested<T, T>(p, args, begin, end, power<T>);
    case kMin: return nested<T, T>(p, args, begin, end, [](T a, T b) { return b < a ? b : a; });
    case kMax: return nested<T, T>(p, args, begin, end, [](T a, T b) { return a < b ? b : a; });
    case kPrelu:
      return nested<T, T>(p, args, begin, end, [](T a, T b) { return a < 0 ? static_cast<T>(U(a) * U(b)) : a; });
    case kMod: return nested<T, T>(p, args, begin, end, floor_remainder<T>);
    default: return nested<T, T>(p, args, begin, end, remainder<T>);
  }
}

}  // namespace

// dtype: 0 u8 or bool, 1 i8, 2 i32, 3 i64. Sums and products wrap.
void int_binary(const coracle_call* call, int32_t begin, int32_t end) {
  NestedParams p;
  memcpy(&p, call->params, sizeof p);
  switch (p.dtype) {
    case 0: return int_typed<uint8_t>(p, call->args, begin, end);
    case 1: return int_typed<int8_t>(p, call->args, begin, end);
    case 2: return int_typed<int32_t>(p, call->args, begin, end);
    default: return int_typed<int64_t>(p, call->args, begin, end);
  }
}

}  // namespace coracle::CORACLE_ISA
