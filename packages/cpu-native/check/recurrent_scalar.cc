#include "check/recurrent_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

size_t size_of(int a, int b, int c, int d = 1) { return static_cast<size_t>(a) * b * c * d; }

struct Scalar {
  const RecurrentCase& c;
  const RecurrentData& data;
  RecurrentWords w;

  double x(int t, int n, int d, int gate, int j) const {
    const int blocks = blocks_of_units(c.hidden);
    const size_t at = size_of(d, blocks, w.gates, kWidth) + size_of(j / kWidth, w.gates, kWidth) + gate * kWidth;
    return static_cast<double>(data.x[size_of(t, w.x_step, 1) + size_of(n, w.x_batch, 1) + at + j % kWidth]);
  }
  double product(int d, int gate, int j, const std::vector<double>& h) const {
    double sum = 0;
    const float* row = data.r.data() + size_of((d * w.gates + gate) * c.hidden + j, c.hidden, 1);
    for (int k = 0; k < c.hidden; ++k) sum += static_cast<double>(row[k]) * h[k];
    return sum;
  }
  double clipped(double v) const {
    const double limit = static_cast<double>(c.clip);
    return fmin(fmax(v, -limit), limit);
  }
  double f(int d, int index, double v) const { return apply_function(c.functions[d][index], clipped(v)); }

  void lstm(int t, int n, int d, const std::vector<double>& before, std::vector<double>& h,
            std::vector<double>& cell) const {
    for (int j = 0; j < c.hidden; ++j) {
      double s[4], p[3] = {0, 0, 0};
      for (int g = 0; g < 4; ++g) s[g] = x(t, n, d, g, j) + product(d, g, j, before);
      for (int g = 0; g < 3 && (c.option & 2); ++g) {
        p[g] = static_cast<double>(data.peepholes[size_of(d, 3, c.hidden) + size_of(g, c.hidden, 1) + j]);
      }
      const double i = f(d, 0, s[0] + p[0] * cell[j]);
      const double forget = c.option & 1 ? 1 - i : f(d, 0, s[2] + p[2] * cell[j]);
      cell[j] = forget * cell[j] + i * f(d, 1, s[3]);
      h[j] = f(d, 0, s[1] + p[1] * cell[j]) * apply_function(c.functions[d][2], cell[j]);
    }
  }
  void gru(int t, int n, int d, const std::vector<double>& before, std::vector<double>& h) const {
    std::vector<double> kept(c.hidden), z(c.hidden), r(c.hidden);
    const bool is_linear = c.kind == CellKind::gru_linear;
    for (int j = 0; j < c.hidden; ++j) {
      z[j] = f(d, 0, x(t, n, d, 0, j) + product(d, 0, j, before));
      r[j] = f(d, 0, x(t, n, d, 1, j) + product(d, 1, j, before));
      kept[j] = is_linear ? before[j] : r[j] * before[j];
    }
    for (int j = 0; j < c.hidden; ++j) {
      double s = product(d, 2, j, kept);
      const size_t bias = size_of(d, 6, c.hidden) + size_of(5, c.hidden, 1) + j;
      if (is_linear) s = r[j] * (s + static_cast<double>(data.bias[bias]));
      h[j] = (1 - z[j]) * f(d, 1, x(t, n, d, 2, j) + s) + z[j] * before[j];
    }
  }
  void rnn(int t, int n, int d, const std::vector<double>& before, std::vector<double>& h) const {
    for (int j = 0; j < c.hidden; ++j) h[j] = f(d, 0, x(t, n, d, 0, j) + product(d, 0, j, before));
  }
  void step(int t, int n, int d, std::vector<double>& h, std::vector<double>& cell) const {
    const std::vector<double> before = h;
    if (c.kind == CellKind::lstm)
      lstm(t, n, d, before, h, cell);
    else if (c.kind == CellKind::rnn)
      rnn(t, n, d, before, h);
    else
      gru(t, n, d, before, h);
  }
};

}  // namespace

RecurrentWords words_of(const RecurrentCase& c) {
  const int gates = gates_of(c.kind), row = c.directions * blocks_of_units(c.hidden) * gates * kWidth;
  RecurrentWords w = {};
  w.steps = w.end = c.steps;
  w.batch = c.batch;
  w.hidden = c.hidden;
  w.directions = c.directions;
  w.gates = gates;
  w.reversed = c.reversed;
  w.x_step = c.batch_first ? row : c.batch * row;
  w.x_batch = c.batch_first ? c.steps * row : row;
  w.y_step = c.directions * c.hidden * (c.batch_first ? 1 : c.batch);
  w.y_direction = c.hidden * (c.batch_first ? 1 : c.batch);
  w.y_batch = c.batch_first ? c.steps * c.directions * c.hidden : c.hidden;
  w.state_direction = c.hidden * (c.batch_first ? 1 : c.batch);
  w.state_batch = c.hidden * (c.batch_first ? c.directions : 1);
  w.starts_at_zero = c.starts_at_zero;
  w.option = c.kind == CellKind::lstm ? c.option : c.kind == CellKind::gru ? 3 : 0;
  w.clip = c.clip;
  memcpy(w.functions, c.functions, sizeof w.functions);
  return w;
}

RecurrentData::RecurrentData(const RecurrentCase& c)
    : x(size_of(c.steps, c.batch, words_of(c).gates * c.directions, blocks_of_units(c.hidden) * kWidth)),
      r(size_of(c.directions, words_of(c).gates, c.hidden, c.hidden), random_int(0, 3)),
      h0(size_of(c.directions, c.batch, c.hidden), random_int(0, 3)),
      c0(h0.size(), random_int(0, 3)),
      peepholes(size_of(c.directions, 3, c.hidden), random_int(0, 3)),
      bias(size_of(c.directions, 2 * words_of(c).gates, c.hidden), random_int(0, 3)) {
  const float most = 1.5f / static_cast<float>(::sqrt(static_cast<double>(c.hidden)));
  x.fill_random(-2, 2);
  r.fill_random(-most, most);
  h0.fill_random(-1, 1);
  c0.fill_random(-1, 1);
  peepholes.fill_random(-1, 1);
  bias.fill_random(-1, 1);
  if (c.starts_at_zero) h0.fill_random(0, 0);
  for (int n = 0; n < c.batch; ++n) lengths.push_back(random_int(0, 2) ? c.steps : random_int(0, c.steps));
}

RecurrentResult expected_of(const RecurrentCase& c, const RecurrentData& data) {
  const Scalar scalar = {c, data, words_of(c)};
  const RecurrentWords& w = scalar.w;
  RecurrentResult all = {std::vector<float>(size_of(c.steps, c.directions, c.batch, c.hidden)),
                         std::vector<float>(data.h0.size()), std::vector<float>(data.h0.size())};
  for (int d = 0; d < c.directions; ++d) {
    for (int n = 0; n < c.batch; ++n) {
      const size_t state = size_of(d, w.state_direction, 1) + size_of(n, w.state_batch, 1);
      std::vector<double> h(data.h0.data() + state, data.h0.data() + state + c.hidden);
      std::vector<double> cell(data.c0.data() + state, data.c0.data() + state + c.hidden);
      for (int i = 0; i < data.lengths[n]; ++i) {
        const int t = c.reversed >> d & 1 ? data.lengths[n] - 1 - i : i;
        scalar.step(t, n, d, h, cell);
        float* y = all.y.data() + size_of(t, w.y_step, 1) + size_of(d, w.y_direction, 1) + size_of(n, w.y_batch, 1);
        for (int j = 0; j < c.hidden; ++j) y[j] = static_cast<float>(h[j]);
      }
      for (int j = 0; j < c.hidden; ++j) {
        all.h[state + j] = static_cast<float>(h[j]);
        all.c[state + j] = static_cast<float>(cell[j]);
      }
    }
  }
  return all;
}

}  // namespace coracle::CORACLE_ISA::check
