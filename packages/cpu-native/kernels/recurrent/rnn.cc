#include "kernels/recurrent/recurrent.h"

namespace coracle::CORACLE_ISA {
namespace {

void apply_rnn(const Task& t, const SequenceRow& row, int block, const float* sums) {
  const f32v x = clipped(t, load(row.x + static_cast<intptr_t>(block) * f32v::width) + load(sums));
  store_state(row, block, cell_function<CORACLE_ACT_TANH>(t.functions[0], x), lanes_of(t, block));
}

}  // namespace

void f32_rnn(const coracle_call* call, int32_t begin, int32_t end) {
  const CellPass pass = {arg<const float>(call, 1), 1, nullptr, apply_rnn};
  run_recurrent(call, begin, end, &pass, 1, {});
}

}  // namespace coracle::CORACLE_ISA
