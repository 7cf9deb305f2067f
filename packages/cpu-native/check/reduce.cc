#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

double start_of(int op) { return op == 2 ? -INFINITY : op == 3 ? INFINITY : op == 4 ? 1 : 0; }

double step_of(int op, double total, double x) {
  switch (op) {
    case 2: return std::isnan(total) || total > x ? total : x;
    case 3: return std::isnan(total) || total < x ? total : x;
    case 4: return total * x;
    case 5: return total + std::fabs(x);
    case 6:
    case 9: return total + x * x;
    case 8: return total + std::exp(x);
    default: return total + x;
  }
}

double finish_of(int op, double total, double count) {
  return op == 1 ? total / count : op == 6 ? std::sqrt(total) : op == 7 || op == 8 ? std::log(total) : total;
}

// x [a, b, c, d], reduced over the dims in mask.
void check_reduce(int op, const int32_t* dims, int mask) {
  int32_t kept[8], kept_strides[8], reduced[8], reduced_strides[8];
  int num_kept = 0, num_reduced = 0, stride = 1, outputs = 1, count = 1;
  for (int i = 0; i < 8; ++i) kept[i] = reduced[i] = kept_strides[i] = reduced_strides[i] = 1;
  int strides[4];
  for (int d = 3; d >= 0; --d) {
    strides[d] = stride;
    stride *= dims[d];
  }
  for (int d = 0; d < 4; ++d) {
    const bool goes = mask >> d & 1;
    (goes ? reduced[num_reduced] : kept[num_kept]) = dims[d];
    (goes ? reduced_strides[num_reduced++] : kept_strides[num_kept++]) = strides[d];
    (goes ? count : outputs) *= dims[d];
  }
  if (num_kept == 0) num_kept = 1;
  const bool is_rows = mask >> 3 & 1;
  buffer<float> x(stride, random_int(0, 3)), y(outputs, random_int(0, 3)), want(outputs);
  x.fill_random(op == 7 ? 0.1f : op == 4 ? 0.8f : -2, op == 4 ? 1.2f : 2);
  std::vector<double> totals(outputs, start_of(op));
  for (int i = 0; i < stride; ++i) {
    int out = 0;
    for (int d = 0; d < 4; ++d) {
      if (!(mask >> d & 1)) out = out * dims[d] + i / strides[d] % dims[d];
    }
    totals[out] = step_of(op, totals[out], static_cast<double>(x[i]));
  }
  for (int i = 0; i < outputs; ++i) want[i] = static_cast<float>(finish_of(op, totals[i], count));
  const int columns = kept[num_kept - 1];
  const int chunk = random_int(1, is_rows ? outputs : columns);
  const int column_tasks = is_rows ? 1 : (columns + chunk - 1) / chunk;
  const int tasks = is_rows ? (outputs + chunk - 1) / chunk : outputs / columns * column_tasks;
  std::vector<int32_t> words = {op, is_rows, count, chunk, column_tasks, outputs, num_kept, num_reduced};
  for (const int32_t* list : {kept, kept_strides, reduced, reduced_strides}) words.insert(words.end(), list, list + 8);
  call_words("f32_reduce", {x.data(), y.data()}, words.data(), tasks, 0);
  char name[40];
  snprintf(name, sizeof name, "reduce %d mask %d", op, mask);
  expect_close(name, y.data(), want.data(), outputs, 1e-5, 1e-4);
}

void check_blocked(int op, int n, int channels, int spatial) {
  constexpr int kWidth = f32v::width;
  const int blocks = (channels + kWidth - 1) / kWidth;
  buffer<float> x(static_cast<size_t>(n) * blocks * spatial * kWidth), y(static_cast<size_t>(n) * channels, 1);
  buffer<float> want(y.size());
  for (int b = 0; b < n; ++b) {
    for (int c = 0; c < channels; ++c) {
      double total = start_of(op);
      for (int s = 0; s < spatial; ++s) {
        float& v = x[((static_cast<size_t>(b) * blocks + c / kWidth) * spatial + s) * kWidth + c % kWidth];
        v = random_float(-1, 1);
        total = step_of(op, total, static_cast<double>(v));
      }
      want[b * channels + c] = static_cast<float>(finish_of(op, total, spatial));
    }
  }
  const int32_t words[] = {op, channels, spatial};
  call_words("f32_reduce_spatial_blocked", {x.data(), y.data()}, words, n * blocks, 0);
  expect_close("blocked", y.data(), want.data(), want.size(), 1e-5, 1e-5);
}

template <class T>
void check_int(int op, int dtype, int outer, int reduce, int inner) {
  buffer<T> x(static_cast<size_t>(outer) * reduce * inner), y(static_cast<size_t>(outer) * inner), want(y.size());
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(random_int(-4, 4));
  for (int o = 0; o < outer; ++o) {
    for (int i = 0; i < inner; ++i) {
      int64_t total = op == 4 ? 1 : op == 2 ? -100 : op == 3 ? 100 : 0;
      for (int r = 0; r < reduce; ++r) {
        const int64_t v = x[(static_cast<size_t>(o) * reduce + r) * inner + i];
        total = op == 4 ? total * v : op == 2 ? (v > total ? v : total) : op == 3 ? (v < total ? v : total) : total + v;
      }
      want[o * inner + i] = static_cast<T>(op == 1 ? total / reduce : total);
    }
  }
  const int32_t words[] = {op, dtype, reduce, inner};
  call_words("int_reduce", {x.data(), y.data()}, words, outer, 0);
  expect_equal("int reduce", y.data(), want.data(), want.size());
}

template <class T>
void check_arg(bool is_min, bool last, int dtype, const int (&shape)[3], bool with_nan = false) {
  const auto [outer, axis, inner] = shape;
  buffer<T> x(static_cast<size_t>(outer) * axis * inner, 1);
  buffer<int64_t> y(static_cast<size_t>(outer) * inner), want(y.size());
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(random_int(0, 9));
  if (with_nan) x[x.size() / 2] = static_cast<T>(NAN);
  for (int o = 0; o < outer; ++o) {
    for (int i = 0; i < inner; ++i) {
      int best = 0;
      for (int a = 1; a < axis; ++a) {
        const T v = x[(static_cast<size_t>(o) * axis + a) * inner + i];
        const T w = x[(static_cast<size_t>(o) * axis + best) * inner + i];
        const bool wins = v != v ? (w == w || last) : w != w ? false : is_min ? v < w : v > w;
        if (wins || (last && v == w)) best = a;
      }
      want[o * inner + i] = best;
    }
  }
  const int panels = outer * ((inner + 127) / 128), chunk = random_int(1, panels);
  const int32_t words[] = {is_min, last, dtype, outer, axis, inner, chunk};
  call_words("arg_reduce", {x.data(), y.data()}, words, (panels + chunk - 1) / chunk, 0);
  expect_equal("arg", y.data(), want.data(), want.size());
}

}  // namespace

CORACLE_CHECK(reduce_f32) {
  const int32_t shapes[][4] = {{2, 3, 4, 5},   {1, 1, 1, 1},   {3, 1, 17, 33},
                               {2, 5, 7, 130}, {1, 2, 300, 3}, {1, 1, 1, 5000}};
  for (const auto& dims : shapes) {
    for (int op = 0; op < 10; ++op) {
      for (int mask = 1; mask < 16; ++mask) check_reduce(op, dims, mask);
    }
  }
}

CORACLE_CHECK(reduce_blocked) {
  for (int op : {0, 1, 2, 3, 4, 5, 6, 9}) {
    for (int channels : {1, 3, 16, 17, 40}) {
      for (int spatial : {1, 2, 7, 49, 1030}) check_blocked(op, random_int(1, 2), channels, op == 4 ? 7 : spatial);
    }
  }
}

CORACLE_CHECK(reduce_integers) {
  for (int op = 0; op <= 4; ++op) {
    check_int<int32_t>(op, 2, 3, 5, 7);
    check_int<int64_t>(op, 3, 2, 9, 1);
  }
}

CORACLE_CHECK(reduce_arg) {
  const int shapes[][3] = {{1, 1, 1}, {5, 33, 1}, {2, 7, 5}, {3, 100, 1}, {1, 16, 3}, {2, 5, 300}};
  for (const auto& shape : shapes) {
    for (int flags = 0; flags < 4; ++flags) {
      check_arg<float>(flags & 1, flags >> 1, 0, shape);
      check_arg<float>(flags & 1, flags >> 1, 0, shape, true);
      check_arg<int32_t>(flags & 1, flags >> 1, 1, shape);
      check_arg<int64_t>(flags & 1, flags >> 1, 2, shape);
      check_arg<uint8_t>(flags & 1, flags >> 1, 3, shape);
      check_arg<int8_t>(flags & 1, flags >> 1, 4, shape);
    }
  }
}

}  // namespace coracle::CORACLE_ISA::check
