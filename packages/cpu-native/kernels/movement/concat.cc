#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: num_parts parts, whole (concat); or whole, num_parts parts (split). The whole is [outer, sum of part_bytes],
// a part [outer, its part_bytes]. Task t: the whole's bytes [t*chunk_bytes, (t+1)*chunk_bytes).
// A part may lie in the whole already, where it belongs.
// params: these words, then part_bytes.
struct ConcatParams {
  int32_t num_parts;
  int32_t outer;
  int32_t chunk_bytes;
};

struct Parts {
  const int32_t* bytes;
  int32_t count;
  int64_t row_bytes;
};

// Calls copy(part, offset in the part, offset in the whole, bytes) for every run in [first, last) of the whole.
template <class Copy>
void for_runs(const Parts& parts, int64_t first, int64_t last, Copy copy) {
  int64_t row = first / parts.row_bytes;
  int64_t within = first % parts.row_bytes;
  int64_t at = first;
  while (at < last) {
    for (int32_t part = 0; part < parts.count && at < last; ++part) {
      const int64_t bytes = parts.bytes[part];
      if (within >= bytes) {
        within -= bytes;
        continue;
      }
      const int64_t run = min64(bytes - within, last - at);
      copy(part, row * bytes + within, at, run);
      at += run;
      within = 0;
    }
    ++row;
    within = 0;
  }
}

template <class Copy>
void run_parts(const coracle_call* call, int32_t begin, int32_t end, Copy copy) {
  ConcatParams p;
  memcpy(&p, call->params, sizeof p);
  Parts parts = {call->params + 3, p.num_parts, 0};
  for (int32_t i = 0; i < p.num_parts; ++i) parts.row_bytes += parts.bytes[i];
  const int64_t total = parts.row_bytes * p.outer;
  for_runs(parts, static_cast<int64_t>(begin) * p.chunk_bytes, min64(static_cast<int64_t>(end) * p.chunk_bytes, total),
           [&](int32_t part, int64_t in_part, int64_t in_whole, int64_t bytes) {
             copy(p.num_parts, part, in_part, in_whole, bytes);
           });
}

void move(char* to, const char* from, int64_t bytes) {
  if (to != from) memcpy(to, from, bytes);
}

}  // namespace

void concat(const coracle_call* call, int32_t begin, int32_t end) {
  run_parts(call, begin, end, [&](int32_t count, int32_t part, int64_t in_part, int64_t in_whole, int64_t bytes) {
    const char* from = static_cast<const char*>(call->args[part]) + in_part;
    move(static_cast<char*>(call->args[count]) + in_whole, from, bytes);
  });
}

void split(const coracle_call* call, int32_t begin, int32_t end) {
  run_parts(call, begin, end, [&](int32_t, int32_t part, int64_t in_part, int64_t in_whole, int64_t bytes) {
    const char* from = static_cast<const char*>(call->args[0]) + in_whole;
    move(static_cast<char*>(call->args[part + 1]) + in_part, from, bytes);
  });
}

}  // namespace coracle::CORACLE_ISA
