#include "check/check.h"
#include "simd/activation.h"

namespace coracle::CORACLE_ISA::check {
namespace {

struct function {
  const char* name;
  f32v (*vector)(f32v);
  double (*scalar)(double);
  float low, high;
  double relative, absolute;
};

double sigmoid_of(double x) { return 1 / (1 + ::exp(-x)); }
double softplus_of(double x) { return (x > 0 ? x : 0) + ::log1p(::exp(-::fabs(x))); }
double mish_of(double x) { return x * ::tanh(softplus_of(x)); }
double gelu_of(double x) { return 0.5 * x * (1 + ::erf(x * M_SQRT1_2)); }
double gelu_tanh_of(double x) { return 0.5 * x * (1 + ::tanh(0.79788456080286536 * (x + 0.044715 * x * x * x))); }

#define CORACLE_LANES(name) [](f32v x) { return name(x); }

const function functions[] = {
    {"exp", CORACLE_LANES(exp), ::exp, -87.3f, 88.7f, 3e-7, 0},
    {"exp, underflow", CORACLE_LANES(exp), ::exp, -110, -87, 1e-6, 1.5e-45},
    {"expm1", CORACLE_LANES(expm1), ::expm1, -20, 88.7f, 4e-7, 0},
    {"expm1, near 0", CORACLE_LANES(expm1), ::expm1, -1e-3f, 1e-3f, 4e-7, 0},
    {"log, near 1", CORACLE_LANES(log), ::log, 0.5f, 2.0f, 4e-7, 0},
    {"log", CORACLE_LANES(log), ::log, 1e-30f, 1e30f, 3e-7, 0},
    {"log1p", CORACLE_LANES(log1p), ::log1p, -0.999f, 1e6f, 5e-7, 0},
    {"log1p, near 0", CORACLE_LANES(log1p), ::log1p, -1e-3f, 1e-3f, 5e-7, 0},
    {"tanh", CORACLE_LANES(tanh), ::tanh, -12, 12, 4e-7, 0},
    {"tanh, near 0", CORACLE_LANES(tanh), ::tanh, -1e-2f, 1e-2f, 4e-7, 0},
    {"sigmoid", CORACLE_LANES(sigmoid), sigmoid_of, -87, 40, 5e-7, 0},
    {"erf", CORACLE_LANES(erf), ::erf, -6, 6, 4e-7, 0},
    {"erf, near 0", CORACLE_LANES(erf), ::erf, -1e-2f, 1e-2f, 4e-7, 0},
    {"softplus", CORACLE_LANES(softplus), softplus_of, -85, 90, 5e-7, 0},
    {"sin", CORACLE_LANES(sin), ::sin, -20, 20, 4e-7, 1e-9},
    {"sin, large", CORACLE_LANES(sin), ::sin, -8000, 8000, 4e-7, 2e-8},
    {"sin, huge", CORACLE_LANES(sin), ::sin, -1e9f, 1e9f, 4e-7, 0},
    {"cos", CORACLE_LANES(cos), ::cos, -20, 20, 4e-7, 1e-9},
    {"cos, large", CORACLE_LANES(cos), ::cos, -8000, 8000, 4e-7, 2e-8},
    {"cos, huge", CORACLE_LANES(cos), ::cos, -1e9f, 1e9f, 4e-7, 0},
    {"mish", CORACLE_LANES(mish), mish_of, -80, 90, 8e-7, 0},
    {"swish", [](f32v x) { return swish(x); }, [](double x) { return x * sigmoid_of(x); }, -86, -2, 5e-7, 0},
    {"swish", [](f32v x) { return swish(x); }, [](double x) { return x * sigmoid_of(x); }, -4, 200, 5e-7, 0},
    {"gelu", CORACLE_LANES(gelu), gelu_of, -6, 20, 5e-7, 4e-7},
    {"gelu tanh", CORACLE_LANES(gelu_tanh), gelu_tanh_of, -6, 20, 5e-7, 4e-7},
};

constexpr int num_samples = 40000 / f32v::width * f32v::width;

void check_function(const function& f) {
  double worst = 0;
  float worst_at = 0;
  for (int i = 0; i < num_samples; i += f32v::width) {
    float x[f32v::width], y[f32v::width];
    for (float& lane : x) lane = random_float(f.low, f.high);
    store(y, f.vector(load(x)));
    for (int k = 0; k < f32v::width; k++) {
      const double want = f.scalar(static_cast<double>(x[k]));
      const double excess = (::fabs(static_cast<double>(y[k]) - want) - f.absolute) / ::fabs(want);
      if (!(excess <= worst)) {
        worst = excess;
        worst_at = x[k];
      }
    }
  }
  if (!(worst <= f.relative)) {
    fail("%s(%.9g): relative error %.3g, expected at most %.3g", f.name, static_cast<double>(worst_at), worst,
         f.relative);
  }
}

float lane0(f32v (*vector)(f32v), float x) {
  float y[f32v::width];
  store(y, vector(set1(x)));
  return y[0];
}

struct special {
  const char* name;
  f32v (*vector)(f32v);
  float at, want;
};

const special specials[] = {
    {"exp", CORACLE_LANES(exp), INFINITY, INFINITY},
    {"exp", CORACLE_LANES(exp), 100, INFINITY},
    {"exp", CORACLE_LANES(exp), -INFINITY, 0},
    {"exp", CORACLE_LANES(exp), 0, 1},
    {"expm1", CORACLE_LANES(expm1), INFINITY, INFINITY},
    {"expm1", CORACLE_LANES(expm1), -INFINITY, -1},
    {"log", CORACLE_LANES(log), 0, -INFINITY},
    {"log", CORACLE_LANES(log), -0.0f, -INFINITY},
    {"log", CORACLE_LANES(log), -1, NAN},
    {"log", CORACLE_LANES(log), -INFINITY, NAN},
    {"log", CORACLE_LANES(log), INFINITY, INFINITY},
    {"log", CORACLE_LANES(log), 1, 0},
    {"log", CORACLE_LANES(log), 1.4e-45f, -103.278929903431851f},
    {"log1p", CORACLE_LANES(log1p), -1, -INFINITY},
    {"log1p", CORACLE_LANES(log1p), INFINITY, INFINITY},
    {"log1p", CORACLE_LANES(log1p), -2, NAN},
    {"tanh", CORACLE_LANES(tanh), INFINITY, 1},
    {"tanh", CORACLE_LANES(tanh), -INFINITY, -1},
    {"sigmoid", CORACLE_LANES(sigmoid), INFINITY, 1},
    {"sigmoid", CORACLE_LANES(sigmoid), -INFINITY, 0},
    {"erf", CORACLE_LANES(erf), INFINITY, 1},
    {"erf", CORACLE_LANES(erf), -INFINITY, -1},
    {"softplus", CORACLE_LANES(softplus), INFINITY, INFINITY},
    {"softplus", CORACLE_LANES(softplus), -INFINITY, 0},
    {"sin", CORACLE_LANES(sin), INFINITY, NAN},
    {"cos", CORACLE_LANES(cos), -INFINITY, NAN},
    {"mish", CORACLE_LANES(mish), INFINITY, INFINITY},
    {"gelu", CORACLE_LANES(gelu), INFINITY, INFINITY},
};

double activation_of(int32_t act, double x, double a, double b) {
  const auto clamped = [](double v, double low, double high) { return ::fmin(::fmax(v, low), high); };
  switch (act) {
    case CORACLE_ACT_RELU: return x < 0 ? 0 : x;
    case CORACLE_ACT_CLIP: return clamped(x, a, b);
    case CORACLE_ACT_LEAKY_RELU: return x < 0 ? a * x : x;
    case CORACLE_ACT_HARD_SIGMOID: return clamped(a * x + b, 0, 1);
    case CORACLE_ACT_HARD_SWISH: return x * clamped(x / 6 + 0.5, 0, 1);
    case CORACLE_ACT_SIGMOID: return sigmoid_of(x);
    case CORACLE_ACT_TANH: return ::tanh(x);
    case CORACLE_ACT_SWISH: return x * sigmoid_of(a * x);
    case CORACLE_ACT_GELU: return a != 0 ? gelu_tanh_of(x) : gelu_of(x);
    case CORACLE_ACT_ELU: return x < 0 ? a * ::expm1(x) : x;
    case CORACLE_ACT_SOFTPLUS: return softplus_of(x);
    case CORACLE_ACT_MISH: return mish_of(x);
    default: return x;
  }
}

void expect_activation(const char* how, int32_t act, float x, float got, double want) {
  if (!is_close(static_cast<double>(got), want, 1e-6, 1e-6)) {
    fail("activation %d (%s) at %.9g: %.9g, expected %.9g", act, how, static_cast<double>(x), static_cast<double>(got),
         want);
  }
}

void check_activation(int32_t act, float a, float b) {
  for (float x = -9; x <= 9; x += 0.37f) {
    const double want = activation_of(act, static_cast<double>(x), static_cast<double>(a), static_cast<double>(b));
    float y[f32v::width];
    store(y, activate(set1(x), act, set1(a), set1(b)));
    expect_activation("when running", act, x, y[0], want);
    dispatch_activation(act, [&](auto tag) { store(y, activate_as(tag, set1(x), act, set1(a), set1(b))); });
    expect_activation("dispatched", act, x, y[0], want);
  }
  float y[f32v::width];
  store(y, activate(set1(NAN), act, set1(a), set1(b)));
  if (!isnan(y[0])) fail("activation %d of NaN: %.9g", act, static_cast<double>(y[0]));
}

}  // namespace

CORACLE_CHECK(math_accuracy) {
  for (const function& f : functions) check_function(f);
}

CORACLE_CHECK(math_specials) {
  for (const special& s : specials) {
    const float got = lane0(s.vector, s.at);
    if (!is_close(static_cast<double>(got), static_cast<double>(s.want), 4e-7, 1e-38)) {
      fail("%s(%g): %.9g, expected %.9g", s.name, static_cast<double>(s.at), static_cast<double>(got),
           static_cast<double>(s.want));
    }
  }
  for (const function& f : functions) {
    if (!isnan(lane0(f.vector, NAN))) fail("%s(NaN) is not NaN", f.name);
  }
}

CORACLE_CHECK(math_pow) {
  const float cases[][2] = {{-2, 3}, {-2, 0.5f}, {0, 0}, {0, -1}, {2, 0.5f}, {10, -3}, {INFINITY, -1}, {1, NAN}};
  for (const auto& c : cases) {
    float y[f32v::width];
    store(y, pow(set1(c[0]), set1(c[1])));
    const float want = ::powf(c[0], c[1]);
    expect_close("pow", y, &want, 1, 1e-6, 0);
  }
}

CORACLE_CHECK(math_activations) {
  for (int32_t act = CORACLE_ACT_NONE; act <= CORACLE_ACT_MISH; act++) {
    const bool has_bounds = act == CORACLE_ACT_CLIP || act == CORACLE_ACT_HARD_SIGMOID;
    check_activation(act, has_bounds ? 0.2f : 0, has_bounds ? 0.6f : 0);
    check_activation(act, has_bounds ? -0.1f : 1.3f, has_bounds ? 3.0f : 0);
  }
}

}  // namespace coracle::CORACLE_ISA::check
