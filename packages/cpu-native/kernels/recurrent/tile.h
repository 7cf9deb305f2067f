// The product of a time step: a few rows of h times one block of units, all gates of a unit side by side.
#pragma once
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {

#if CORACLE_WIDTH == 16
constexpr int kRecurrentRows = 6;
#elif CORACLE_WIDTH == 8
constexpr int kRecurrentRows = 3;
#else
constexpr int kRecurrentRows = 2;
#endif
constexpr int kMaxGates = 4;

// h: a pointer for each row, [depth]. w: [depth][gates * width]. sums: [row][gates * width].
using RecurrentTileFn = void (*)(const float* const* h, const float* w, int depth, float* sums);

// The tile of 1..kMaxGates gates and 1..kRecurrentRows rows.
RecurrentTileFn recurrent_tile(int gates, int rows);

}  // namespace coracle::CORACLE_ISA
