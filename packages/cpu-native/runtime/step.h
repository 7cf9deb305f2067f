// One step of a plan, made ready to call.
#pragma once
#include <time.h>
#include <xmmintrin.h>

#include "kernels.h"
#include "runtime/pool.h"

namespace coracle::CORACLE_ISA {

struct ready_step {
  coracle_kernel_fn fn;
  const int32_t* params;
  int32_t tasks;
  void* args[CORACLE_MAX_ARGS];
};

inline void* resolve(const run_request& request, uint64_t arg) {
  const uint64_t low56 = arg & 0x00ffffffffffffffull;
  switch (arg >> 56) {
    case 0: return request.arena + low56;
    case 1: return reinterpret_cast<void*>(low56);
    default: return static_cast<char*>(request.io[low56 >> 40]) + (low56 & 0xffffffffffull);
  }
}

inline int32_t make_ready(const run_request& request, uint32_t index, ready_step* ready) {
  const coracle_step& step = request.plan->steps[index];
  if (step.kernel >= num_kernels) return CORACLE_BAD_KERNEL;
  if (step.num_args > CORACLE_MAX_ARGS || step.tasks > INT32_MAX) return CORACLE_BAD_ARGUMENT;
  if (step.scratch_bytes > request.plan->max_scratch_bytes) return CORACLE_BAD_ARGUMENT;
  ready->fn = kernel_table[step.kernel].fn;
  ready->params = request.plan->params + step.params;
  ready->tasks = static_cast<int32_t>(step.tasks);
  const uint64_t* args = request.plan->args + step.args;
  for (uint32_t i = 0; i < step.num_args; i++) ready->args[i] = resolve(request, args[i]);
  return CORACLE_OK;
}

inline void call_tasks(const run_request& request, const ready_step& ready, uint32_t thread, int32_t begin,
                       int32_t end) {
  const uint64_t stride = (static_cast<uint64_t>(request.plan->max_scratch_bytes) + 63) & ~63ull;
  const coracle_call call = {ready.args, ready.params, request.scratch + thread * stride};
  ready.fn(&call, begin, end);
}

inline bool is_cancelled(const run_request& request) {
  return request.cancel != nullptr && __atomic_load_n(request.cancel, __ATOMIC_RELAXED) != 0;
}

inline double now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

// Denormals count as 0 while it lives; the thread's setting comes back with it.
class flush_denormals {
 public:
  flush_denormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~flush_denormals() { _mm_setcsr(before_); }
  flush_denormals(const flush_denormals&) = delete;
  flush_denormals& operator=(const flush_denormals&) = delete;

 private:
  unsigned before_;
};

}  // namespace coracle::CORACLE_ISA
