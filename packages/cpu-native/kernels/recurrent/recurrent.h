// Time steps of lstm, gru and rnn: what the cells are told, and the walk over directions, sequences and units.
#pragma once
#include "kernels/conv/tools.h"
#include "kernels/recurrent/functions.h"
#include "kernels/recurrent/tile.h"

namespace coracle::CORACLE_ISA {

// An activation by its code.
struct CellFunction {
  int32_t code;
  float a, b;
};

// args: x (products of the input and all biases, a row [direction][block][gate][lane] for each item of the sequence
// and the batch), packed r, lengths [batch] i32, h0, y, last h, then the cell's own. Steps first_step..end_step-1 of
// every sequence are run; what lies before them is read from y. reversed: bit d for a direction that starts at the
// sequence's end. Strides are in floats. gates: of a unit in x. starts_at_zero: h0 is zeros. option: the cell's own.
// One task is groups_per_task groups of group_rows sequences by blocks_per_task blocks of units of one direction; less
// than all blocks only with a single step.
struct RecurrentParams {
  int32_t steps, batch, hidden, directions, gates, first_step, end_step;
  int32_t group_rows, groups_per_task, blocks_per_task, reversed;
  int32_t x_step, x_batch, y_step, y_direction, y_batch, state_direction, state_batch;
  int32_t starts_at_zero, option;
  float clip;
  CellFunction functions[2][3];
};

struct Task {
  const coracle_call* call;
  const RecurrentParams* p;
  const CellFunction* functions;
  int direction, step, first_group, end_group, first_block, end_block;
};

// One sequence at one step; pointers of states are at the first unit.
struct SequenceRow {
  const float* h;
  const float* x;
  float* y;
  float* last;      // null before the sequence's last step
  intptr_t state;   // of its states, in floats
  intptr_t padded;  // of its whole blocks in scratch, in floats
  bool is_first;
};

// What a cell does with one block of one sequence. sums: the products of h, [gate][lane].
using CellApplyFn = void (*)(const Task&, const SequenceRow&, int block, const float* sums);

// Products of all units, which need nothing of each other. w: [direction][block][depth][gate][lane].
// kept: rows in whole blocks to multiply instead of h, or null.
struct CellPass {
  const float* w;
  int gates;
  const float* kept;
  CellApplyFn apply;
};

// Cell states, which a sequence without steps keeps; null where there are none.
struct CellStates {
  const float* before;
  float* after;
};

void run_recurrent(const coracle_call* call, int32_t begin, int32_t end, const CellPass* passes, int num_passes,
                   CellStates cells);

// Any of the activations, for the rare ones.
f32v activate_any(const CellFunction& function, f32v x);

namespace {

CORACLE_INLINE int lanes_of(const Task& t, int block) {
  return min_int(f32v::width, t.p->hidden - block * f32v::width);
}
CORACLE_INLINE f32v load_units(const float* p, int lanes) { return lanes == f32v::width ? load(p) : load_n(p, lanes); }
CORACLE_INLINE void store_units(float* p, f32v v, int lanes) {
  if (lanes == f32v::width)
    store(p, v);
  else
    store_n(p, v, lanes);
}
CORACLE_INLINE void store_state(const SequenceRow& row, int block, f32v h, int lanes) {
  store_units(row.y + block * f32v::width, h, lanes);
  if (row.last) store_units(row.last + block * f32v::width, h, lanes);
}
CORACLE_INLINE f32v clipped(const Task& t, f32v x) {
  const float limit = t.p->clip;
  return limit == __builtin_inff() ? x : clamp(x, set1(-limit), set1(limit));
}

// likely: what nearly every network has there.
template <int32_t likely>
CORACLE_INLINE f32v cell_function(const CellFunction& function, f32v x) {
  if (function.code != likely) return activate_any(function, x);
  return likely == CORACLE_ACT_SIGMOID ? cell_sigmoid(x) : cell_tanh(x);
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
