#include "kernels/recurrent/recurrent.h"

namespace coracle::CORACLE_ISA {
namespace {

// Groups that use a block of weights before the next block's turn.
constexpr int kChunkGroups = 8;

struct Chunk {
  SequenceRow rows[kChunkGroups * kRecurrentRows];
  int counts[kChunkGroups];
  int groups;
};

void zero_units(float* p, int n) { memset(p, 0, sizeof(float) * n); }
void copy_units(float* to, const float* from, int n) { memcpy(to, from, sizeof(float) * n); }

// A sequence that is over: zeros in y, and the first state is the last of one without steps.
void pass_over(const Task& t, int n, const CellStates& cells) {
  const RecurrentParams& p = *t.p;
  const int unit = t.first_block * f32v::width, count = min_int(t.end_block * f32v::width, p.hidden) - unit;
  const intptr_t state =
      static_cast<intptr_t>(t.direction) * p.state_direction + static_cast<intptr_t>(n) * p.state_batch + unit;
  zero_units(arg<float>(t.call, 4) + static_cast<intptr_t>(t.step) * p.y_step +
                 static_cast<intptr_t>(t.direction) * p.y_direction + static_cast<intptr_t>(n) * p.y_batch + unit,
             count);
  if (t.step > 0) return;
  if (arg<const int32_t>(t.call, 2)[n] > 0) return;
  copy_units(arg<float>(t.call, 5) + state, arg<const float>(t.call, 3) + state, count);
  if (cells.after) copy_units(cells.after + state, cells.before + state, count);
}

SequenceRow row_of(const Task& t, int n, int length) {
  const RecurrentParams& p = *t.p;
  const bool is_reversed = p.reversed >> t.direction & 1;
  const int at = is_reversed ? length - 1 - t.step : t.step;
  const int padded = ceil_div(p.hidden, f32v::width) * f32v::width;
  const intptr_t x_direction = p.gates * static_cast<intptr_t>(padded);
  SequenceRow row;
  row.is_first = t.step == 0;
  row.state = static_cast<intptr_t>(t.direction) * p.state_direction + static_cast<intptr_t>(n) * p.state_batch;
  row.padded = (static_cast<intptr_t>(t.direction) * p.batch + n) * padded;
  row.x = arg<const float>(t.call, 0) + static_cast<intptr_t>(at) * p.x_step + static_cast<intptr_t>(n) * p.x_batch +
          t.direction * x_direction;
  row.y = arg<float>(t.call, 4) + static_cast<intptr_t>(at) * p.y_step +
          static_cast<intptr_t>(t.direction) * p.y_direction + static_cast<intptr_t>(n) * p.y_batch;
  const float* before = is_reversed ? row.y + p.y_step : row.y - p.y_step;
  row.h = row.is_first ? arg<const float>(t.call, 3) + row.state : before;
  row.last = t.step + 1 == length ? arg<float>(t.call, 5) + row.state : nullptr;
  return row;
}

void fill_chunk(const Task& t, int first_group, const CellStates& cells, Chunk* chunk) {
  const RecurrentParams& p = *t.p;
  const int end = min_int(first_group + kChunkGroups, t.end_group);
  chunk->groups = end - first_group;
  SequenceRow* next = chunk->rows;
  for (int group = first_group; group < end; ++group) {
    int& count = chunk->counts[group - first_group] = 0;
    for (int n = group * p.group_rows; n < min_int((group + 1) * p.group_rows, p.batch); ++n) {
      const int length = clamp_int(arg<const int32_t>(t.call, 2)[n], 0, p.steps);
      if (t.step < length) {
        *next++ = row_of(t, n, length);
        ++count;
      } else {
        pass_over(t, n, cells);
      }
    }
  }
}

void run_block(const Task& t, const CellPass& pass, const Chunk& chunk, int block) {
  constexpr int width = f32v::width;
  const int hidden = t.p->hidden, blocks = ceil_div(hidden, width);
  const intptr_t panel = static_cast<intptr_t>(hidden) * pass.gates * width;
  const float* w = pass.w + (static_cast<intptr_t>(t.direction) * blocks + block) * panel;
  float sums[kRecurrentRows * kMaxGates * width];
  const SequenceRow* row = chunk.rows;
  for (int group = 0; group < chunk.groups; ++group) {
    const int count = chunk.counts[group];
    if (count == 0) continue;
    if (row->is_first && t.p->starts_at_zero) {
      memset(sums, 0, sizeof sums);
    } else {
      const float* h[kRecurrentRows];
      for (int i = 0; i < count; ++i) h[i] = pass.kept ? pass.kept + row[i].padded : row[i].h;
      recurrent_tile(pass.gates, count)(h, w, hidden, sums);
    }
    for (int i = 0; i < count; ++i) pass.apply(t, *row++, block, sums + i * pass.gates * width);
  }
}

// Every other step goes backwards: it starts with the weights that the last one left in the caches.
void run_step(const Task& t, const CellPass* passes, int num_passes, const CellStates& cells) {
  Chunk chunk;
  for (int group = t.first_group; group < t.end_group; group += kChunkGroups) {
    fill_chunk(t, group, cells, &chunk);
    for (int i = 0; i < num_passes; ++i) {
      for (int block = t.first_block; block < t.end_block; ++block) {
        run_block(t, passes[i], chunk, t.step & 1 ? t.first_block + t.end_block - 1 - block : block);
      }
    }
  }
}

}  // namespace

void run_recurrent(const coracle_call* call, int32_t begin, int32_t end, const CellPass* passes, int num_passes,
                   CellStates cells) {
  const RecurrentParams& p = params<RecurrentParams>(call);
  const int blocks = ceil_div(p.hidden, f32v::width), groups = ceil_div(p.batch, p.group_rows);
  const int block_tasks = ceil_div(blocks, p.blocks_per_task), group_tasks = ceil_div(groups, p.groups_per_task);
  for (int task = begin; task < end; ++task) {
    const int block = task % block_tasks * p.blocks_per_task;
    const int group = task / block_tasks % group_tasks * p.groups_per_task;
    const int direction = task / block_tasks / group_tasks;
    Task t = {call,
              &p,
              p.functions[direction],
              direction,
              p.first_step,
              group,
              min_int(group + p.groups_per_task, groups),
              block,
              min_int(block + p.blocks_per_task, blocks)};
    for (; t.step < p.end_step; ++t.step) run_step(t, passes, num_passes, cells);
  }
}

f32v activate_any(const CellFunction& function, f32v x) {
  return activate(x, function.code, set1(function.a), set1(function.b));
}

}  // namespace coracle::CORACLE_ISA
