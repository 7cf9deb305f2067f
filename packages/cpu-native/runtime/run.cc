#include <sys/mman.h>

#include "runtime/step.h"

namespace coracle::CORACLE_ISA {
namespace {

int32_t run_alone(const run_request& request) {
  ready_step step;
  for (uint32_t i = 0; i < request.plan->num_steps; i++) {
    if (is_cancelled(request)) return CORACLE_CANCELLED;
    const int32_t status = make_ready(request, i, &step);
    if (status != CORACLE_OK) return status;
    const double start_ns = request.step_ns == nullptr ? 0 : now_ns();
    if (step.tasks > 0) call_tasks(request, step, 0, 0, step.tasks);
    if (request.step_ns != nullptr) request.step_ns[i] += now_ns() - start_ns;
  }
  return CORACLE_OK;
}

}  // namespace
}  // namespace coracle::CORACLE_ISA

using namespace coracle::CORACLE_ISA;

CORACLE_API int32_t coracle_run(const coracle_plan* plan, void* arena, void* scratch, void* const* io,
                                const int32_t* cancel, double* step_ns, int32_t threads) {
  if (plan == nullptr || threads < 1 || threads > CORACLE_MAX_THREADS) return CORACLE_BAD_ARGUMENT;
  const flush_denormals flush;
  const run_request request = {plan, static_cast<char*>(arena), static_cast<char*>(scratch), io, cancel, step_ns};
  int32_t status;
  if (threads > 1 && run_on_pool(request, static_cast<uint32_t>(threads), &status)) return status;
  return run_alone(request);
}

CORACLE_API int32_t coracle_call_kernel(uint32_t kernel, void* const* args, const int32_t* params, int32_t tasks,
                                        void* scratch) {
  if (kernel >= num_kernels) return CORACLE_BAD_KERNEL;
  if (tasks < 0) return CORACLE_BAD_ARGUMENT;
  const flush_denormals flush;
  const coracle_call call = {args, params, scratch};
  if (tasks > 0) kernel_table[kernel].fn(&call, 0, tasks);
  return CORACLE_OK;
}

CORACLE_API int32_t coracle_advise_huge(void* address, uint64_t bytes) {
  const uint64_t page = 2ull << 20;
  const uint64_t first = (reinterpret_cast<uintptr_t>(address) + page - 1) & ~(page - 1);
  const uint64_t last = (reinterpret_cast<uintptr_t>(address) + bytes) & ~(page - 1);
  if (first >= last) return 0;
  return madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}
