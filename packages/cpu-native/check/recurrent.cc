#include "check/recurrent_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

// Elements of a packed weight by its definition.
void check_pack(int directions, int all_gates, int first, int gates, int hidden, int depth, int panel) {
  buffer<float> matrix(static_cast<size_t>(directions) * all_gates * hidden * depth, random_int(0, 3));
  matrix.fill_random(-1, 1);
  const int blocks = blocks_of_units(hidden), vectors = directions * blocks * gates;
  buffer<float> out(static_cast<size_t>(vectors) * kWidth * depth);
  const int32_t words[] = {directions, all_gates, first, gates, hidden, depth, panel};
  call_words("f32_recurrent_pack", {matrix.data(), out.data()}, words, (vectors + panel - 1) / panel, 0);
  std::vector<float> want(out.size());
  for (int v = 0; v < vectors; ++v) {
    const int of_panel = v / panel * panel, count = vectors - of_panel < panel ? vectors - of_panel : panel;
    const int gate = first + v % gates, block = v / gates % blocks, d = v / gates / blocks;
    for (int k = 0; k < depth; ++k) {
      for (int i = 0; i < kWidth; ++i) {
        const int unit = block * kWidth + i;
        const size_t at = (static_cast<size_t>(of_panel) * depth + k * count + v - of_panel) * kWidth + i;
        const size_t row = (static_cast<size_t>(d) * all_gates + gate) * hidden + unit;
        want[at] = unit < hidden ? matrix[row * depth + k] : 0;
      }
    }
  }
  expect_equal("packed", out.data(), want.data(), out.size());
}

void check_bias(int directions, int gates, int hidden, bool keeps_last) {
  buffer<float> b(static_cast<size_t>(directions) * 2 * gates * hidden, random_int(0, 3));
  b.fill_random(-1, 1);
  const int blocks = blocks_of_units(hidden);
  buffer<float> out(static_cast<size_t>(directions) * blocks * kWidth * (gates + keeps_last));
  const int32_t words[] = {directions, gates, hidden, keeps_last};
  call_words("f32_recurrent_pack_bias", {b.data(), out.data()}, words, directions, 0);
  std::vector<float> want(out.size());
  for (int d = 0; d < directions; ++d) {
    const float* first = b.data() + static_cast<size_t>(d) * 2 * gates * hidden;
    for (int g = 0; g < gates; ++g) {
      const bool keeps = keeps_last && g == gates - 1;
      for (int j = 0; j < hidden; ++j) {
        const float second = first[(gates + g) * hidden + j];
        want[((d * blocks + j / kWidth) * gates + g) * kWidth + j % kWidth] =
            first[g * hidden + j] + (keeps ? 0 : second);
        if (keeps) want[(directions * gates + d) * blocks * kWidth + j] = second;
      }
    }
  }
  expect_equal("bias", out.data(), want.data(), out.size());
}

void pack_gates(const RecurrentCase& c, const RecurrentData& data, int first, int gates, float* out) {
  const int32_t words[] = {c.directions, gates_of(c.kind), first, gates, c.hidden, c.hidden, gates};
  call_words("f32_recurrent_pack", {data.r.data(), out}, words, c.directions * blocks_of_units(c.hidden), 0);
}

struct Outputs {
  buffer<float> y, h, c;
};

// The steps in one call, or each in calls of its own whose tasks share the units out.
void run_case(const RecurrentCase& c, const RecurrentData& data, Outputs& out) {
  RecurrentWords w = words_of(c);
  const int blocks = blocks_of_units(c.hidden), first_gates = c.kind == CellKind::gru ? 2 : w.gates;
  const size_t vector = static_cast<size_t>(c.directions) * blocks * kWidth;
  buffer<float> weights(vector * first_gates * c.hidden), candidate(vector * c.hidden), bias(vector * (w.gates + 1));
  buffer<float> z(vector * c.batch), kept(vector * c.batch);
  pack_gates(c, data, 0, first_gates, weights.data());
  if (c.kind == CellKind::gru) pack_gates(c, data, 2, 1, candidate.data());
  const int32_t bias_words[] = {c.directions, w.gates, c.hidden, c.kind == CellKind::gru_linear};
  call_words("f32_recurrent_pack_bias", {data.bias.data(), bias.data()}, bias_words, c.directions, 0);
  w.group_rows = random_int(1, CORACLE_WIDTH == 16 ? 6 : CORACLE_WIDTH == 8 ? 3 : 2);
  const int groups = (c.batch + w.group_rows - 1) / w.group_rows;
  w.groups_per_task = random_int(1, groups);
  w.blocks_per_task = c.by_step ? random_int(1, blocks) : blocks;
  const int tasks = c.directions * ((groups + w.groups_per_task - 1) / w.groups_per_task) *
                    ((blocks + w.blocks_per_task - 1) / w.blocks_per_task);
  const auto run = [&](int option) {
    w.option = option;
    const void *x = data.x.data(), *r = weights.data(), *lengths = data.lengths.data(), *h0 = data.h0.data();
    if (c.kind == CellKind::lstm) {
      call("f32_lstm",
           {x, r, lengths, h0, out.y.data(), out.h.data(), data.c0.data(), out.c.data(), data.peepholes.data()}, w,
           tasks);
    } else if (c.kind == CellKind::gru_linear) {
      call("f32_gru", {x, r, lengths, h0, out.y.data(), out.h.data(), bias.data()}, w, tasks);
    } else if (c.kind == CellKind::gru) {
      call("f32_gru", {x, r, lengths, h0, out.y.data(), out.h.data(), candidate.data(), z.data(), kept.data()}, w,
           tasks);
    } else {
      call("f32_rnn", {x, r, lengths, h0, out.y.data(), out.h.data()}, w, tasks);
    }
  };
  if (!c.by_step) return run(w.option);
  for (int t = 0; t < c.steps; ++t) {
    w.first = t;
    w.end = t + 1;
    if (c.kind != CellKind::gru) {
      run(words_of(c).option);
    } else {
      run(1);
      run(2);
    }
  }
}

void check_case(const RecurrentCase& c) {
  const RecurrentData data(c);
  const RecurrentResult want = expected_of(c, data);
  Outputs out = {buffer<float>(want.y.size(), random_int(0, 3)), buffer<float>(want.h.size(), random_int(0, 3)),
                 buffer<float>(want.h.size(), random_int(0, 3))};
  run_case(c, data, out);
  char name[120];
  snprintf(name, sizeof name, "cell %d, %d steps of %d by %d, %d directions", static_cast<int>(c.kind), c.steps,
           c.batch, c.hidden, c.directions);
  expect_close(name, out.y.data(), want.y.data(), want.y.size(), 2e-5, 2e-5);
  expect_close(name, out.h.data(), want.h.data(), want.h.size(), 2e-5, 2e-5);
  if (c.kind == CellKind::lstm) expect_close(name, out.c.data(), want.c.data(), want.c.size(), 2e-5, 2e-5);
}

// Bounded: gates beyond 1 let states and their errors grow without end.
Function random_gate() {
  const Function all[] = {
      {CORACLE_ACT_SIGMOID, 0, 0}, {CORACLE_ACT_TANH, 0, 0}, {CORACLE_ACT_HARD_SIGMOID, 0.2f, 0.5f}};
  return all[random_int(0, 2)];
}

Function random_function() {
  const Function all[] = {{CORACLE_ACT_RELU, 0, 0},
                          {CORACLE_ACT_TANH, 0, 0},
                          {CORACLE_ACT_SIGMOID, 0, 0},
                          {CORACLE_ACT_LEAKY_RELU, 0.1f, 0},
                          {CORACLE_ACT_HARD_SIGMOID, 0.2f, 0.5f},
                          {CORACLE_ACT_ELU, 0.7f, 0},
                          {CORACLE_ACT_SOFTPLUS, 0, 0}};
  return all[random_int(0, 6)];
}

RecurrentCase random_case(CellKind kind, bool is_plain) {
  RecurrentCase c = {};
  c.kind = kind;
  c.steps = random_int(1, 5);
  c.batch = random_int(0, 1) ? random_int(1, 3) : random_int(1, 60);
  c.hidden = random_int(1, 70);
  c.directions = random_int(1, 2);
  c.reversed = random_int(0, 3);
  c.batch_first = random_int(0, 1);
  c.starts_at_zero = random_int(0, 1);
  c.by_step = random_int(0, 1);
  c.option = is_plain ? 0 : random_int(0, 3);
  c.clip = is_plain || random_int(0, 1) ? INFINITY : 0.4f;
  const bool is_gru = kind == CellKind::gru || kind == CellKind::gru_linear;
  for (auto& functions : c.functions) {
    const Function sigmoid = {CORACLE_ACT_SIGMOID, 0, 0}, tanh = {CORACLE_ACT_TANH, 0, 0};
    functions[0] = !is_plain ? random_gate() : kind == CellKind::rnn ? tanh : sigmoid;
    functions[1] = is_plain ? tanh : random_function();
    functions[2] = is_plain || is_gru ? tanh : random_function();
  }
  return c;
}

}  // namespace

CORACLE_CHECK(recurrent_pack) {
  for (int i = 0; i < 60; ++i) {
    const int all = random_int(1, 4), first = random_int(0, all - 1), gates = random_int(1, all - first);
    check_pack(random_int(1, 2), all, first, gates, random_int(1, 40), random_int(1, 20), random_int(1, 4));
    check_bias(random_int(1, 2), random_int(1, 4), random_int(1, 40), random_int(0, 1));
  }
}

CORACLE_CHECK(recurrent) {
  for (int i = 0; i < 240; ++i) {
    for (CellKind kind : {CellKind::lstm, CellKind::gru_linear, CellKind::gru, CellKind::rnn}) {
      check_case(random_case(kind, i % 2 == 0));
    }
  }
}

}  // namespace coracle::CORACLE_ISA::check
