#include "kernels.h"
#include "kernels/elementwise/nested.h"

namespace coracle::CORACLE_ISA {
namespace {

enum CompareOp { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

template <class T>
void compare_typed(const NestedParams& p, void* const* args, int32_t begin, int32_t end) {
  switch (p.op) {
    case kEqual: return nested<T, uint8_t>(p, args, begin, end, [](T a, T b) { return a == b; });
    case kLess: return nested<T, uint8_t>(p, args, begin, end, [](T a, T b) { return a < b; });
    case kLessOrEqual: return nested<T, uint8_t>(p, args, begin, end, [](T a, T b) { return a <= b; });
    case kGreater: return nested<T, uint8_t>(p, args, begin, end, [](T a, T b) { return a > b; });
    default: return nested<T, uint8_t>(p, args, begin, end, [](T a, T b) { return a >= b; });
  }
}

}  // namespace

// dtype: 0 f32, 1 i32, 2 i64, 3 u8 or bool, 4 i8. y: bool.
void compare(const coracle_call* call, int32_t begin, int32_t end) {
  NestedParams p;
  memcpy(&p, call->params, sizeof p);
  switch (p.dtype) {
    case 0: return compare_typed<float>(p, call->args, begin, end);
    case 1: return compare_typed<int32_t>(p, call->args, begin, end);
    case 2: return compare_typed<int64_t>(p, call->args, begin, end);
    case 3: return compare_typed<uint8_t>(p, call->args, begin, end);
    default: return compare_typed<int8_t>(p, call->args, begin, end);
  }
}

}  // namespace coracle::CORACLE_ISA
