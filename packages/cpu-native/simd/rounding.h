// Rounding to whole numbers, over each level's round_mode.
#pragma once

namespace coracle::CORACLE_ISA {

CORACLE_INLINE f32v round_even(f32v a) { return round_mode<_MM_FROUND_TO_NEAREST_INT>(a); }
CORACLE_INLINE f32v floor(f32v a) { return round_mode<_MM_FROUND_TO_NEG_INF>(a); }
CORACLE_INLINE f32v ceil(f32v a) { return round_mode<_MM_FROUND_TO_POS_INF>(a); }
CORACLE_INLINE f32v trunc(f32v a) { return round_mode<_MM_FROUND_TO_ZERO>(a); }

}  // namespace coracle::CORACLE_ISA
