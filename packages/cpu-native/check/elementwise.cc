#include "check/check.h"
#include "kernels/elementwise/unary_ops.h"

namespace coracle::CORACLE_ISA::check {
namespace {

int32_t bits(float value) {
  int32_t word;
  memcpy(&word, &value, 4);
  return word;
}

double relu(double x) { return x < 0 ? 0 : x; }
double clamp01(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }
double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double smooth_plus(double x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }

double activation_of(int32_t op, double x, double a, double b) {
  switch (op) {
    case CORACLE_ACT_RELU: return relu(x);
    case CORACLE_ACT_CLIP: return x < a ? a : x > b ? b : x;
    case CORACLE_ACT_LEAKY_RELU: return x < 0 ? a * x : x;
    case CORACLE_ACT_HARD_SIGMOID: return clamp01(a * x + b);
    case CORACLE_ACT_HARD_SWISH: return x * clamp01(x / 6 + 0.5);
    case CORACLE_ACT_SIGMOID: return logistic(x);
    case CORACLE_ACT_TANH: return std::tanh(x);
    case CORACLE_ACT_SWISH: return x * logistic(a * x);
    case CORACLE_ACT_GELU:
      return a != 0 ? 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)))
                    : 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case CORACLE_ACT_ELU: return x < 0 ? a * std::expm1(x) : x;
    case CORACLE_ACT_SOFTPLUS: return smooth_plus(x);
    default: return x * std::tanh(smooth_plus(x));
  }
}

double unary_of(int32_t op, double x, double a, double b) {
  switch (op) {
    case kAbs: return std::fabs(x);
    case kNeg: return -x;
    case kSign: return (x > 0) - (x < 0);
    case kCeil: return std::ceil(x);
    case kFloor: return std::floor(x);
    case kRound: return std::nearbyint(x);
    case kSqrt: return std::sqrt(x);
    case kReciprocal: return 1 / x;
    case kExp: return std::exp(x);
    case kLog: return std::log(x);
    case kSin: return std::sin(x);
    case kCos: return std::cos(x);
    case kTan: return std::tan(x);
    case kAsin: return std::asin(x);
    case kAcos: return std::acos(x);
    case kAtan: return std::atan(x);
    case kSinh: return std::sinh(x);
    case kCosh: return std::cosh(x);
    case kAsinh: return std::asinh(x);
    case kAcosh: return std::acosh(x);
    case kAtanh: return std::atanh(x);
    case kErf: return std::erf(x);
    case kSoftsign: return x / (1 + std::fabs(x));
    case kCelu: return x < 0 ? a * std::expm1(x / a) : x;
    case kThresholdedRelu: return x > a ? x : 0;
    case kSelu: return b * (x > 0 ? x : a * std::expm1(x));
    case kShrink: return x < -a ? x + b : x > a ? x - b : 0;
    case kSquare: return x * x;
    case kCube: return x * x * x;
    case kPowScalar: return std::pow(x, a);
    default: return activation_of(op, x, a, b);
  }
}

void check_unary(int32_t op, int32_t count) {
  const float a = op == CORACLE_ACT_CLIP ? -0.5f : 0.75f, b = 1.25f;
  const bool is_positive = op == kLog || op == kPowScalar || op == kSqrt || op == kAcosh;
  const bool is_unit = op == kAsin || op == kAcos || op == kAtanh;
  buffer<float> x(count, random_int(0, 3)), y(count, random_int(0, 3)), want(count);
  x.fill_random(is_positive ? 1.01f : is_unit ? -0.99f : -6, is_unit ? 0.99f : 6);
  for (int32_t i = 0; i < count; ++i) {
    const double v = static_cast<double>(x[i]);
    want[i] = static_cast<float>(unary_of(op, v, static_cast<double>(a), static_cast<double>(b)));
  }
  const int32_t chunk = random_int(1, count), tasks = (count + chunk - 1) / chunk;
  const int32_t words[] = {count, op, bits(a), bits(b), chunk};
  call_words("f32_unary", {x.data(), y.data()}, words, tasks, 0);
  char name[32];
  snprintf(name, sizeof name, "unary %d", op);
  expect_close(name, y.data(), want.data(), count, 1e-5, 1e-6);
  call_words("f32_unary", {x.data(), x.data()}, words, tasks, 0);
  expect_close(name, x.data(), want.data(), count, 1e-5, 1e-6);
}

template <class T>
void check_int_unary(int32_t dtype) {
  constexpr int32_t kCount = 67;
  for (int32_t op = dtype == 0 ? 0 : 1; op <= 4; ++op) {
    if (dtype == 0 && op > 1) continue;
    buffer<T> x(kCount, 1), y(kCount, 1), want(kCount);
    for (int i = 0; i < kCount; ++i) {
      const T v = x[i] = static_cast<T>(op == 0 ? random_int(0, 1) : random_int(-120, 120));
      const int64_t results[] = {v == 0, ~static_cast<int64_t>(v), v < 0 ? -static_cast<int64_t>(v) : v,
                                 -static_cast<int64_t>(v), (v > 0) - (v < 0)};
      want[i] = static_cast<T>(results[op]);
    }
    const int32_t words[] = {kCount, op, dtype, 16};
    call_words("int_unary", {x.data(), y.data()}, words, 5, 0);
    expect_equal("int unary", y.data(), want.data(), kCount);
  }
}

}  // namespace

CORACLE_CHECK(elementwise_unary) {
  for (int32_t count : {1, 3, 16, 17, 31, 64, 100, 333}) {
    for (int32_t op = 1; op <= 12; ++op) check_unary(op, count);
    for (int32_t op = kAbs; op <= kPowScalar; ++op) check_unary(op, count);
  }
  check_int_unary<uint8_t>(0);
  check_int_unary<int8_t>(1);
  check_int_unary<int32_t>(2);
  check_int_unary<int64_t>(3);
}

CORACLE_CHECK(elementwise_unary_specials) {
  const float specials[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f};
  for (int32_t op : {int32_t(CORACLE_ACT_RELU), int32_t(kAbs), int32_t(kFloor), int32_t(kExp), int32_t(kSqrt)}) {
    buffer<float> y(5), want(5);
    for (int i = 0; i < 5; ++i) want[i] = static_cast<float>(unary_of(op, static_cast<double>(specials[i]), 0, 0));
    const int32_t words[] = {5, op, 0, 0, 5};
    call_words("f32_unary", {specials, y.data()}, words, 1, 0);
    expect_close("special", y.data(), want.data(), 5);
  }
}

CORACLE_CHECK(elementwise_predicate) {
  const float x[] = {NAN, INFINITY, -INFINITY, 1.0f, -0.0f, -NAN};
  const uint8_t is_nan_want[] = {1, 0, 0, 0, 0, 1}, positive[] = {0, 1, 0, 0, 0, 0}, both[] = {0, 1, 1, 0, 0, 0};
  const struct {
    int32_t op, signs;
    const uint8_t* want;
  } cases[] = {{0, 0, is_nan_want}, {1, 1, positive}, {1, 3, both}};
  for (const auto& c : cases) {
    buffer<uint8_t> y(6, 1);
    const int32_t words[] = {6, c.op, c.signs, 4};
    call_words("f32_predicate", {x, y.data()}, words, 2, 0);
    expect_equal("predicate", y.data(), c.want, 6);
  }
}

}  // namespace coracle::CORACLE_ISA::check
