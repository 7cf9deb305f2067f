// The kernels of this library: declarations and table are made from kernels.def.
#pragma once
#include "coracle/abi.h"

#define CORACLE_KERNEL(name, family) void name(const coracle_call* call, int32_t begin, int32_t end);
namespace coracle::CORACLE_ISA {
#include "kernels.def"
}  // namespace coracle::CORACLE_ISA
#undef CORACLE_KERNEL

namespace coracle::CORACLE_ISA {
extern const coracle_kernel kernel_table[];
extern const uint32_t num_kernels;
}  // namespace coracle::CORACLE_ISA
