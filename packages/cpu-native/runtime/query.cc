#include <cpuid.h>
#include <sched.h>
#include <string.h>

#include "coracle/abi.h"

namespace {

struct named_value {
  const char* name;
  int32_t value;
};

// clang-format off
#define CORACLE_NAMED(name) {#name, name}
// clang-format on
const named_value enums[] = {
    CORACLE_NAMED(CORACLE_OK),
    CORACLE_NAMED(CORACLE_CANCELLED),
    CORACLE_NAMED(CORACLE_BAD_KERNEL),
    CORACLE_NAMED(CORACLE_BAD_ARGUMENT),
    CORACLE_NAMED(CORACLE_MAX_ARGS),
    CORACLE_NAMED(CORACLE_MAX_THREADS),
    CORACLE_NAMED(CORACLE_ACT_NONE),
    CORACLE_NAMED(CORACLE_ACT_RELU),
    CORACLE_NAMED(CORACLE_ACT_CLIP),
    CORACLE_NAMED(CORACLE_ACT_LEAKY_RELU),
    CORACLE_NAMED(CORACLE_ACT_HARD_SIGMOID),
    CORACLE_NAMED(CORACLE_ACT_HARD_SWISH),
    CORACLE_NAMED(CORACLE_ACT_SIGMOID),
    CORACLE_NAMED(CORACLE_ACT_TANH),
    CORACLE_NAMED(CORACLE_ACT_SWISH),
    CORACLE_NAMED(CORACLE_ACT_GELU),
    CORACLE_NAMED(CORACLE_ACT_ELU),
    CORACLE_NAMED(CORACLE_ACT_SOFTPLUS),
    CORACLE_NAMED(CORACLE_ACT_MISH),
};

// clang-format off
#define CORACLE_SIZED(name) {#name, static_cast<int32_t>(sizeof(name))}
// clang-format on
const named_value sizes[] = {
    CORACLE_SIZED(coracle_call),
    CORACLE_SIZED(coracle_kernel),
    CORACLE_SIZED(coracle_step),
    CORACLE_SIZED(coracle_plan),
};

template <int n>
int32_t find(const named_value (&values)[n], const char* name) {
  for (const named_value& candidate : values) {
    if (strcmp(candidate.name, name) == 0) return candidate.value;
  }
  return -1;
}

// Which registers the operating system saves: bits 1-2 xmm and ymm, 5-7 the AVX-512 ones.
uint32_t saved_registers() {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

bool has_bits(uint32_t value, uint32_t bits) { return (value & bits) == bits; }

}  // namespace

CORACLE_API int32_t coracle_abi(void) { return CORACLE_ABI; }
CORACLE_API int32_t coracle_sizeof(const char* name) { return find(sizes, name); }
CORACLE_API int32_t coracle_enum(const char* name) { return find(enums, name); }

CORACLE_API uint64_t coracle_cpu(void) {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return 0;
  if (!has_bits(ecx, bit_SSE4_2)) return 0;
  uint64_t levels = 1;
  if (!has_bits(ecx, bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C)) return levels;
  const uint32_t saved = saved_registers();
  if (!has_bits(saved, 0x6) || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return levels;
  if (!has_bits(ebx, bit_AVX2)) return levels;
  levels |= 2;
  const uint32_t avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512VL | bit_AVX512DQ;
  if (has_bits(saved, 0xe6) && has_bits(ebx, avx512) && has_bits(ecx, bit_AVX512VNNI)) levels |= 4;
  return levels;
}

CORACLE_API int32_t coracle_affinity(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : -1;
}
