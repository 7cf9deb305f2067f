// Packed B: panels of kPanelVectors vectors of columns, each [k][column]; the last panel has the vectors it needs.
#pragma once
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {

constexpr int kPanelVectors = 2;

}  // namespace coracle::CORACLE_ISA
