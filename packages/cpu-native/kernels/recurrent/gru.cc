// Gates z, r, h.
#include "kernels/recurrent/recurrent.h"

namespace coracle::CORACLE_ISA {
namespace {

// option 0: the reset gate multiplies the product of h. args from 6: the biases, of which
// that product's are the last, [directions][block][lane].
// option kGates, kCandidate or both: it multiplies h first; the candidate's products then need all units' reset gates.
// args from 6: packed r of the candidate, then scratch [directions][batch][whole blocks] for z and for the kept h.
constexpr int kGates = 1, kCandidate = 2;

CORACLE_INLINE f32v mixed(f32v z, f32v candidate, f32v before) { return fma(z, before - candidate, candidate); }

void apply_linear(const Task& t, const SequenceRow& row, int block, const float* sums) {
  constexpr int width = f32v::width;
  const int lanes = lanes_of(t, block), unit = block * width, padded = ceil_div(t.p->hidden, width) * width;
  const float* x = row.x + static_cast<intptr_t>(block) * 3 * width;
  const float* bias = arg<const float>(t.call, 6) + (3 * t.p->directions + t.direction) * padded + unit;
  const f32v before = load_units(row.h + unit, lanes);
  const f32v z = cell_function<CORACLE_ACT_SIGMOID>(t.functions[0], clipped(t, load(x) + load(sums)));
  const f32v reset = clipped(t, load(x + width) + load(sums + width));
  const f32v product = load(sums + 2 * width) + load(bias);
  const f32v r = cell_function<CORACLE_ACT_SIGMOID>(t.functions[0], reset);
  const f32v candidate = clipped(t, fma(r, product, load(x + 2 * width)));
  store_state(row, block, mixed(z, cell_function<CORACLE_ACT_TANH>(t.functions[1], candidate), before), lanes);
}

void apply_gates(const Task& t, const SequenceRow& row, int block, const float* sums) {
  constexpr int width = f32v::width;
  const int lanes = lanes_of(t, block), unit = block * width;
  const float* x = row.x + static_cast<intptr_t>(block) * 3 * width;
  const f32v before = load_units(row.h + unit, lanes);
  const f32v z = clipped(t, load(x) + load(sums)), r = clipped(t, load(x + width) + load(sums + width));
  store(arg<float>(t.call, 7) + row.padded + unit, cell_function<CORACLE_ACT_SIGMOID>(t.functions[0], z));
  store(arg<float>(t.call, 8) + row.padded + unit, cell_function<CORACLE_ACT_SIGMOID>(t.functions[0], r) * before);
}

void apply_candidate(const Task& t, const SequenceRow& row, int block, const float* sums) {
  constexpr int width = f32v::width;
  const int lanes = lanes_of(t, block), unit = block * width;
  const float* x = row.x + static_cast<intptr_t>(block) * 3 * width;
  const f32v before = load_units(row.h + unit, lanes), z = load(arg<const float>(t.call, 7) + row.padded + unit);
  const f32v candidate = clipped(t, load(x + 2 * width) + load(sums));
  store_state(row, block, mixed(z, cell_function<CORACLE_ACT_TANH>(t.functions[1], candidate), before), lanes);
}

}  // namespace

void f32_gru(const coracle_call* call, int32_t begin, int32_t end) {
  const int option = params<RecurrentParams>(call).option;
  if (option == 0) {
    const CellPass pass = {arg<const float>(call, 1), 3, nullptr, apply_linear};
    return run_recurrent(call, begin, end, &pass, 1, {});
  }
  const CellPass passes[] = {
      {arg<const float>(call, 1), 2, nullptr, apply_gates},
      {arg<const float>(call, 6), 1, arg<const float>(call, 8), apply_candidate},
  };
  run_recurrent(call, begin, end, passes + (option == kCandidate), option == (kGates | kCandidate) ? 2 : 1, {});
}

}  // namespace coracle::CORACLE_ISA
