// The process-wide pool: the thread that calls run_on_pool and workers that sleep between runs.
// It knows steps and tasks, and nothing of what kernels compute.
#pragma once
#include "coracle/abi.h"

namespace coracle::CORACLE_ISA {

// What one coracle_run was given.
struct run_request {
  const coracle_plan* plan;
  char* arena;
  char* scratch;
  void* const* io;
  const int32_t* cancel;
  double* step_ns;
};

// False when another thread is inside; nothing has been done then. status: a coracle_status.
bool run_on_pool(const run_request& request, uint32_t threads, int32_t* status);

}  // namespace coracle::CORACLE_ISA
