#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

// A walk over [dims] with operands that repeat along some of them.
struct Nest {
  int32_t rank;
  int32_t dims[8];
  int32_t strides[3][8];
  int64_t sizes[3];
  int64_t total, rows, inner;
};

// mask bit d set: the operand repeats along dim d.
Nest make_nest(std::initializer_list<int32_t> dims, std::initializer_list<int> masks) {
  Nest n = {};
  n.rank = static_cast<int32_t>(dims.size());
  for (int d = 0; d < 8; ++d) n.dims[d] = 1;
  n.total = 1;
  for (int d = 0; d < n.rank; ++d) n.total *= n.dims[d] = dims.begin()[d];
  int k = 0;
  for (int mask : masks) {
    int64_t stride = 1;
    for (int d = n.rank - 1; d >= 0; --d) {
      const bool repeats = (mask >> d & 1) != 0;
      n.strides[k][d] = repeats ? 0 : static_cast<int32_t>(stride);
      if (!repeats) stride *= n.dims[d];
    }
    n.sizes[k++] = stride;
  }
  n.inner = n.dims[n.rank - 1];
  n.rows = n.total / n.inner;
  return n;
}

int64_t offset(const Nest& n, int k, int64_t index) {
  int64_t at = 0;
  for (int d = n.rank - 1; d >= 0; --d) {
    at += index % n.dims[d] * n.strides[k][d];
    index /= n.dims[d];
  }
  return at;
}

void append(std::vector<int32_t>& words, const int32_t* values) { words.insert(words.end(), values, values + 8); }

double binary_of(int op, double a, double b) {
  switch (op) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return a / b;
    case 4: return std::pow(a, b);
    case 5: return a < b ? a : b;
    case 6: return a > b ? a : b;
    case 7: return a < 0 ? a * b : a;
    case 8: return a - std::floor(a / b) * b;
    default: return std::fmod(a, b);
  }
}

void check_f32(int op, const Nest& n, int32_t act) {
  buffer<float> a(n.sizes[0], random_int(0, 3)), b(n.sizes[1], random_int(0, 3)), y(n.total, random_int(0, 3)),
      want(n.total);
  a.fill_random(op == 4 ? 0.1f : -3, 3);
  b.fill_random(op == 3 || op >= 8 ? 0.7f : -2, 2);
  for (int64_t i = 0; i < n.total; ++i) {
    const double v = binary_of(op, static_cast<double>(a[offset(n, 0, i)]), static_cast<double>(b[offset(n, 1, i)]));
    const double active = act == CORACLE_ACT_RELU ? std::fmax(v, 0) : std::tanh(v);
    want[i] = static_cast<float>(act == CORACLE_ACT_NONE ? v : active);
  }
  const int32_t row_chunk = random_int(1, static_cast<int>(n.rows));
  const int32_t inner_chunk = random_int(1, static_cast<int>(n.inner));
  const int32_t inner_chunks = static_cast<int32_t>((n.inner + inner_chunk - 1) / inner_chunk);
  const int32_t tasks = static_cast<int32_t>((n.rows + row_chunk - 1) / row_chunk) * inner_chunks;
  std::vector<int32_t> words = {op, act, 0, 0, n.rank, row_chunk, inner_chunks, inner_chunk};
  append(words, n.dims);
  append(words, n.strides[0]);
  append(words, n.strides[1]);
  call_words("f32_binary", {a.data(), b.data(), y.data()}, words.data(), tasks, 0);
  char name[32];
  snprintf(name, sizeof name, "f32 binary %d", op);
  expect_close(name, y.data(), want.data(), n.total, 1e-4, op >= 8 ? 1e-4 : 1e-5);
}

template <class T, class Out, class F>
void check_nested(const char* kernel, int op, int dtype, const Nest& n, int low, int high, F f) {
  buffer<T> a(n.sizes[0], 1), b(n.sizes[1], 1);
  buffer<Out> y(n.total, 1), want(n.total);
  for (int64_t i = 0; i < n.sizes[0]; ++i) a[i] = static_cast<T>(random_int(low, high));
  for (int64_t i = 0; i < n.sizes[1]; ++i) b[i] = static_cast<T>(random_int(low, high));
  for (int64_t i = 0; i < n.total; ++i) want[i] = f(a[offset(n, 0, i)], b[offset(n, 1, i)]);
  const int32_t chunk = random_int(1, static_cast<int>(n.rows));
  std::vector<int32_t> words = {op, dtype, n.rank, chunk};
  append(words, n.dims);
  append(words, n.strides[0]);
  append(words, n.strides[1]);
  const int32_t tasks = static_cast<int32_t>((n.rows + chunk - 1) / chunk);
  call_words(kernel, {a.data(), b.data(), y.data()}, words.data(), tasks, 0);
  expect_equal(kernel, y.data(), want.data(), n.total);
}

template <class T>
T int_of(int op, T a, T b) {
  const int64_t x = a, y = b, bits = 8 * sizeof(T);
  switch (op) {
    case 0: return static_cast<T>(x + y);
    case 1: return static_cast<T>(x - y);
    case 2: return static_cast<T>(x * y);
    case 3: return static_cast<T>(y == 0 ? 0 : x / y);
    case 4: return static_cast<T>(y < 0 ? (x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0) : std::llround(std::pow(x, y)));
    case 5: return x < y ? a : b;
    case 6: return x < y ? b : a;
    case 7: return static_cast<T>(x < 0 ? x * y : x);
    case 8: return static_cast<T>(y == 0 ? 0 : ((x % y) + y) % y);
    case 9: return static_cast<T>(y == 0 ? 0 : x % y);
    case 10: return static_cast<T>(x & y);
    case 11: return static_cast<T>(x | y);
    case 12: return static_cast<T>(x ^ y);
    case 13: return static_cast<T>(y < 0 || y >= bits ? 0 : static_cast<uint64_t>(x) << y);
    default: return static_cast<T>(y < 0 || y >= bits ? 0 : x >> y);
  }
}

template <class T>
void check_integers(int dtype, const Nest& n) {
  const bool is_signed = static_cast<T>(-1) < 0;
  for (int op = 0; op <= 14; ++op) {
    const int low = is_signed ? (op == 4 ? -2 : -9) : 0;
    check_nested<T, T>("int_binary", op, dtype, n, low, op == 4 ? 3 : 9, [op](T a, T b) { return int_of(op, a, b); });
  }
}

template <class T>
void check_compare(int dtype, const Nest& n) {
  for (int op = 0; op < 5; ++op) {
    check_nested<T, uint8_t>("compare", op, dtype, n, 0, 3, [op](T a, T b) -> uint8_t {
      const bool results[] = {a == b, (a < b), a <= b, (a > b), a >= b};
      return results[op];
    });
  }
}

template <class T>
void check_where(const Nest& n) {
  buffer<uint8_t> c(n.sizes[0], 1);
  buffer<T> x(n.sizes[1], 1), y(n.sizes[2], 1), out(n.total, 1), want(n.total);
  for (int64_t i = 0; i < n.sizes[0]; ++i) c[i] = static_cast<uint8_t>(random_int(0, 1));
  for (int64_t i = 0; i < n.sizes[1]; ++i) x[i] = static_cast<T>(random_u32());
  for (int64_t i = 0; i < n.sizes[2]; ++i) y[i] = static_cast<T>(random_u32());
  for (int64_t i = 0; i < n.total; ++i) want[i] = c[offset(n, 0, i)] ? x[offset(n, 1, i)] : y[offset(n, 2, i)];
  const int32_t chunk = random_int(1, static_cast<int>(n.rows));
  std::vector<int32_t> words = {static_cast<int32_t>(sizeof(T)), n.rank, chunk};
  append(words, n.dims);
  for (int k = 0; k < 3; ++k) append(words, n.strides[k]);
  call_words("where", {c.data(), x.data(), y.data(), out.data()}, words.data(),
             static_cast<int32_t>((n.rows + chunk - 1) / chunk), 0);
  expect_equal("where", out.data(), want.data(), n.total);
}

std::vector<Nest> nests() {
  constexpr int kWidth = f32v::width;
  return {make_nest({1, 37}, {0, 0}),
          make_nest({1, 129}, {0, 3}),
          make_nest({5, 19}, {0, 2}),
          make_nest({7, 33}, {0, 1}),
          make_nest({3, 5, 7}, {2, 5}),
          make_nest({4, 9, kWidth}, {0, 2}),
          make_nest({2, 3, kWidth}, {0, 6}),
          make_nest({2, 3, 4, 5}, {9, 6}),
          make_nest({6, 1}, {0, 1}),
          make_nest({3, 11}, {3, 0}),
          make_nest({2, 2, 2, 3, 2, 5}, {42, 21})};
}

}  // namespace

CORACLE_CHECK(elementwise_binary) {
  for (const Nest& n : nests()) {
    for (int op = 0; op < 10; ++op) check_f32(op, n, CORACLE_ACT_NONE);
    check_f32(0, n, CORACLE_ACT_RELU);
    check_f32(1, n, CORACLE_ACT_RELU);
    check_f32(2, n, CORACLE_ACT_TANH);
    check_integers<uint8_t>(0, n);
    check_integers<int8_t>(1, n);
    check_integers<int32_t>(2, n);
    check_integers<int64_t>(3, n);
    check_compare<float>(0, n);
    check_compare<int32_t>(1, n);
    check_compare<int64_t>(2, n);
    check_compare<uint8_t>(3, n);
    check_compare<int8_t>(4, n);
  }
  check_f32(0, make_nest({3, 9001}, {0, 0}), CORACLE_ACT_TANH);
}

CORACLE_CHECK(elementwise_binary_nan) {
  const float a[] = {NAN, 1, NAN, 2}, b[] = {1, NAN, NAN, 3};
  const float low[] = {NAN, NAN, NAN, 2}, high[] = {NAN, NAN, NAN, 3};
  for (int op : {5, 6}) {
    buffer<float> y(4);
    std::vector<int32_t> words = {op, 0, 0, 0, 2, 1, 1, 4, 1, 4, 1, 1, 1, 1, 1, 1};
    const int32_t strides[] = {0, 1, 0, 0, 0, 0, 0, 0};
    append(words, strides);
    append(words, strides);
    call_words("f32_binary", {a, b, y.data()}, words.data(), 1, 0);
    expect_close("nan", y.data(), op == 5 ? low : high, 4);
  }
}

CORACLE_CHECK(elementwise_where) {
  for (const Nest& n : {make_nest({1, 37}, {0, 0, 0}), make_nest({5, 19}, {0, 3, 0}), make_nest({5, 19}, {0, 0, 3}),
                        make_nest({3, 4, 7}, {1, 6, 2}), make_nest({3, 8}, {2, 0, 1})}) {
    check_where<uint8_t>(n);
    check_where<uint16_t>(n);
    check_where<uint32_t>(n);
    check_where<uint64_t>(n);
  }
}

}  // namespace coracle::CORACLE_ISA::check
