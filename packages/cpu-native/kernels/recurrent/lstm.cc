// Gates i, o, f, c.
#include "kernels/recurrent/recurrent.h"

namespace coracle::CORACLE_ISA {
namespace {

// args from 6: c0, last c, peepholes [directions][i, o, f][hidden] where option has kPeepholes.
constexpr int kInputForget = 1, kPeepholes = 2;

// c is replaced in place: units of a sequence are nobody else's.
void apply_lstm(const Task& t, const SequenceRow& row, int block, const float* sums) {
  constexpr int width = f32v::width;
  const int lanes = lanes_of(t, block), unit = block * width, hidden = t.p->hidden;
  const float* x = row.x + static_cast<intptr_t>(block) * 4 * width;
  const CellFunction &f = t.functions[0], &g = t.functions[1], &last = t.functions[2];
  float* c_out = arg<float>(t.call, 7) + row.state + unit;
  const f32v before = load_units(row.is_first ? arg<const float>(t.call, 6) + row.state + unit : c_out, lanes);
  const float* p = nullptr;
  if (t.p->option & kPeepholes)
    p = arg<const float>(t.call, 8) + static_cast<intptr_t>(t.direction) * 3 * hidden + unit;
  f32v i = load(x) + load(sums), o = load(x + width) + load(sums + width);
  f32v forget = load(x + 2 * width) + load(sums + 2 * width);
  const f32v candidate = load(x + 3 * width) + load(sums + 3 * width);
  if (p) i = fma(load_units(p, lanes), before, i);
  i = cell_function<CORACLE_ACT_SIGMOID>(f, clipped(t, i));
  if (t.p->option & kInputForget) {
    forget = set1(1.0f) - i;
  } else {
    if (p) forget = fma(load_units(p + 2 * hidden, lanes), before, forget);
    forget = cell_function<CORACLE_ACT_SIGMOID>(f, clipped(t, forget));
  }
  const f32v c = fma(forget, before, i * cell_function<CORACLE_ACT_TANH>(g, clipped(t, candidate)));
  if (p) o = fma(load_units(p + hidden, lanes), c, o);
  o = cell_function<CORACLE_ACT_SIGMOID>(f, clipped(t, o));
  store_units(c_out, c, lanes);
  store_state(row, block, o * cell_function<CORACLE_ACT_TANH>(last, c), lanes);
}

}  // namespace

void f32_lstm(const coracle_call* call, int32_t begin, int32_t end) {
  const CellPass pass = {arg<const float>(call, 1), 4, nullptr, apply_lstm};
  run_recurrent(call, begin, end, &pass, 1, {arg<const float>(call, 6), arg<float>(call, 7)});
}

}  // namespace coracle::CORACLE_ISA
