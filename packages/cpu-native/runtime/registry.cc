#include "kernels.h"

namespace coracle::CORACLE_ISA {

#define CORACLE_KERNEL(name, family) {#name, #family, name},
const coracle_kernel kernel_table[] = {
#include "kernels.def"
};
#undef CORACLE_KERNEL

const uint32_t num_kernels = sizeof(kernel_table) / sizeof(kernel_table[0]);

}  // namespace coracle::CORACLE_ISA

CORACLE_API uint32_t coracle_num_kernels(void) { return coracle::CORACLE_ISA::num_kernels; }
CORACLE_API const coracle_kernel* coracle_kernels(void) { return coracle::CORACLE_ISA::kernel_table; }
