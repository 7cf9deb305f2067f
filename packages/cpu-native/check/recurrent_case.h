// A recurrent op's call as its lowering makes it, and the same steps by doubles.
#pragma once
#include <math.h>

#include "check/check.h"

namespace coracle::CORACLE_ISA::check {

struct Function {
  int32_t code;
  float a, b;
};

struct RecurrentWords {
  int32_t steps, batch, hidden, directions, gates, first, end;
  int32_t group_rows, groups_per_task, blocks_per_task, reversed;
  int32_t x_step, x_batch, y_step, y_direction, y_batch, state_direction, state_batch;
  int32_t starts_at_zero, option;
  float clip;
  Function functions[2][3];
};

enum class CellKind { lstm, gru_linear, gru, rnn };

struct RecurrentCase {
  CellKind kind;
  int steps, batch, hidden, directions;
  int reversed;  // bit d
  bool batch_first, starts_at_zero, by_step;
  int option;  // lstm: 1 input forget, 2 peepholes
  float clip;
  Function functions[2][3];
};

constexpr int kWidth = f32v::width;

inline int gates_of(CellKind kind) { return kind == CellKind::lstm ? 4 : kind == CellKind::rnn ? 1 : 3; }
inline int blocks_of_units(int hidden) { return (hidden + kWidth - 1) / kWidth; }

inline double apply_function(const Function& f, double x) {
  const double a = static_cast<double>(f.a), b = static_cast<double>(f.b);
  switch (f.code) {
    case CORACLE_ACT_RELU: return x > 0 ? x : 0;
    case CORACLE_ACT_TANH: return tanh(x);
    case CORACLE_ACT_SIGMOID: return 1 / (1 + exp(-x));
    case CORACLE_ACT_LEAKY_RELU: return x < 0 ? a * x : x;
    case CORACLE_ACT_HARD_SIGMOID: return fmin(fmax(a * x + b, 0), 1);
    case CORACLE_ACT_ELU: return x < 0 ? a * expm1(x) : x;
    default: return fmax(x, 0) + log1p(exp(-fabs(x)));
  }
}

// What a case reads. x holds the products of the input as the kernels read them; r is [directions][gates][h][h].
struct RecurrentData {
  buffer<float> x, r, h0, c0, peepholes, bias;
  std::vector<int32_t> lengths;
  explicit RecurrentData(const RecurrentCase& c);
};

// y, last h and last c, with every element of y written.
struct RecurrentResult {
  std::vector<float> y, h, c;
};

RecurrentWords words_of(const RecurrentCase& c);
RecurrentResult expected_of(const RecurrentCase& c, const RecurrentData& data);

}  // namespace coracle::CORACLE_ISA::check
