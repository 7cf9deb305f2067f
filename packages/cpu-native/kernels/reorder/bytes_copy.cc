#include <string.h>

#include "kernels.h"

namespace coracle::CORACLE_ISA {
namespace {

struct CopyParams {
  int32_t elements;
  int32_t element_bytes;
  int32_t elements_per_task;
};

}  // namespace

// args: x, y: different memory of the same size. Task t: elements [t * elements_per_task, ...).
void bytes_copy(const coracle_call* call, int32_t begin, int32_t end) {
  CopyParams p;
  memcpy(&p, call->params, sizeof p);
  const int64_t first = static_cast<int64_t>(begin) * p.elements_per_task;
  const int64_t limit = static_cast<int64_t>(end) * p.elements_per_task;
  const int64_t last = limit < p.elements ? limit : p.elements;
  const int64_t offset = first * p.element_bytes;
  memcpy(static_cast<char*>(call->args[1]) + offset, static_cast<const char*>(call->args[0]) + offset,
         static_cast<size_t>((last - first) * p.element_bytes));
}

}  // namespace coracle::CORACLE_ISA
