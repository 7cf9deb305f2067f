// Packed B: panels of kPanelVectors vectors of columns, each [k][column]; the last panel has the vectors it needs.
#pragma once
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

#if CORACLE_WIDTH == 16
constexpr int kPanelVectors = 4;
#else
constexpr int kPanelVectors = 2;
#endif

}  // namespace
}  // namespace coracle::CORACLE_ISA
