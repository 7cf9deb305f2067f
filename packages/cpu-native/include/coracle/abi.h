// The border between TypeScript and native code: C only, no allocation, no exception, no kept pointer.
// Sizes are in elements unless the name ends in _bytes. All memory belongs to the caller.
#pragma once
#include <stdint.h>

#define CORACLE_API extern "C" __attribute__((visibility("default")))
#define CORACLE_ABI 1
#define CORACLE_MAX_ARGS 1024
#define CORACLE_MAX_THREADS 256

typedef enum {
  CORACLE_OK = 0,
  CORACLE_CANCELLED = 1,
  CORACLE_BAD_KERNEL = 2,
  CORACLE_BAD_ARGUMENT = 3,
} coracle_status;

// Codes of core's `activationCodes`; 0 is none. a and b are `activationParams`.
typedef enum {
  CORACLE_ACT_NONE = 0,
  CORACLE_ACT_RELU = 1,
  CORACLE_ACT_CLIP = 2,
  CORACLE_ACT_LEAKY_RELU = 3,
  CORACLE_ACT_HARD_SIGMOID = 4,
  CORACLE_ACT_HARD_SWISH = 5,
  CORACLE_ACT_SIGMOID = 6,
  CORACLE_ACT_TANH = 7,
  CORACLE_ACT_SWISH = 8,
  CORACLE_ACT_GELU = 9,
  CORACLE_ACT_ELU = 10,
  CORACLE_ACT_SOFTPLUS = 11,
  CORACLE_ACT_MISH = 12,
} coracle_activation;

// What a kernel sees of one step. It computes tasks begin..end-1; tasks are independent.
// scratch: this thread's own bytes, 64-byte aligned, as many as the step asked for.
typedef struct {
  void* const* args;
  const int32_t* params;
  void* scratch;
} coracle_call;

typedef void (*coracle_kernel_fn)(const coracle_call* call, int32_t begin, int32_t end);

// One row of kernels.def.
typedef struct {
  const char* name;
  const char* family;
  coracle_kernel_fn fn;
} coracle_kernel;

// One step of a plan. args: index of its first entry in coracle_plan.args; params: index into coracle_plan.params.
typedef struct {
  uint32_t kernel;
  uint32_t args;
  uint32_t num_args;
  uint32_t params;
  uint32_t tasks;
  uint32_t scratch_bytes;
} coracle_step;

// An argument: the top byte says where it lives. 0: arena + low 56 bits. 1: the low 56 bits are an address.
// 2: io[bits 40..55] + low 40 bits.
typedef struct {
  const coracle_step* steps;
  const uint64_t* args;
  const int32_t* params;
  uint32_t num_steps;
  uint32_t max_scratch_bytes;  // at least the largest scratch_bytes
} coracle_plan;

CORACLE_API int32_t coracle_abi(void);
// Bits of the processor's instruction sets: 1 sse4.2, 2 avx2+fma+f16c, 4 avx512 f/bw/vl/dq + vnni.
CORACLE_API uint64_t coracle_cpu(void);
CORACLE_API uint32_t coracle_num_kernels(void);
CORACLE_API const coracle_kernel* coracle_kernels(void);
// Runs a plan with up to `threads` threads of the process-wide pool, the caller included; on the caller alone while
// another thread is inside. arena: the plan's, 64-byte aligned. scratch: 64-byte aligned, for each thread
// max_scratch_bytes rounded up to 64. cancel: looked at between steps, or null. step_ns: num_steps doubles to add to,
// or null.
CORACLE_API int32_t coracle_run(const coracle_plan* plan, void* arena, void* scratch, void* const* io,
                                const int32_t* cancel, double* step_ns, int32_t threads);
// Runs one kernel on the calling thread. scratch may be null when the kernel needs none.
CORACLE_API int32_t coracle_call_kernel(uint32_t kernel, void* const* args, const int32_t* params, int32_t tasks,
                                        void* scratch);
// Processors that this thread may use.
CORACLE_API int32_t coracle_affinity(void);
// Bytes of a struct of this file by its name, a coracle_status or coracle_activation by its name; -1 when unknown.
CORACLE_API int32_t coracle_sizeof(const char* name);
CORACLE_API int32_t coracle_enum(const char* name);
// madvise(MADV_HUGEPAGE) over the whole pages inside.
CORACLE_API int32_t coracle_advise_huge(void* address, uint64_t bytes);
