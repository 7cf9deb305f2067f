// Pooling of whole maps: blocked or row-major in, [N, C] (or blocks of it) out.
#include "kernels/conv/tools.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x, out. One task is one channel block of one image (blocked) or one channel (row-major).
// out_channels: floats of one image's output; a block past its end is cut.
struct GlobalParams {
  int32_t images, channels, out_channels, pixels, is_average;
};

template <bool is_average>
CORACLE_INLINE f32v join(f32v a, f32v b) {
  if constexpr (is_average)
    return a + b;
  else
    return select(is_nan(a), a, max(a, b));
}

// The sum or maximum of `count` vectors `step` apart, by four chains.
template <bool is_average>
CORACLE_INLINE f32v fold(const float* x, int count) {
  constexpr int width = f32v::width;
  f32v chain[4];
  for (int c = 0; c < 4; ++c) chain[c] = set1(is_average ? 0.0f : -__builtin_inff());
  int i = 0;
  for (; i + 4 <= count; i += 4, x += 4 * width)
    for (int c = 0; c < 4; ++c) chain[c] = join<is_average>(chain[c], load(x + c * width));
  for (; i < count; ++i, x += width) chain[0] = join<is_average>(chain[0], load(x));
  return join<is_average>(join<is_average>(chain[0], chain[1]), join<is_average>(chain[2], chain[3]));
}

template <bool is_average>
void global_blocked(const coracle_call* call, int32_t begin, int32_t end) {
  constexpr int width = f32v::width;
  const GlobalParams& p = params<GlobalParams>(call);
  const int blocks = ceil_div(p.channels, width);
  for (int task = begin; task < end; ++task) {
    const int image = task / blocks, channel = task % blocks * width;
    f32v y = fold<is_average>(arg<const float>(call, 0) + static_cast<intptr_t>(task) * p.pixels * width, p.pixels);
    if constexpr (is_average) y = y / set1(static_cast<float>(p.pixels));
    float* out = arg<float>(call, 1) + static_cast<intptr_t>(image) * p.out_channels + channel;
    const int lanes = min_int(p.out_channels - channel, width);
    if (lanes == width)
      store(out, y);
    else
      store_n(out, y, lanes);
  }
}

template <bool is_average>
void global_rows(const coracle_call* call, int32_t begin, int32_t end) {
  constexpr int width = f32v::width;
  const GlobalParams& p = params<GlobalParams>(call);
  for (int task = begin; task < end; ++task) {
    const float* x = arg<const float>(call, 0) + static_cast<intptr_t>(task) * p.pixels;
    const int whole = p.pixels / width;
    float lane[width];
    store(lane, fold<is_average>(x, whole));
    float y = lane[0];
    for (int i = 1; i < width; ++i) y = is_average ? y + lane[i] : y != y || y > lane[i] ? y : lane[i];
    for (int i = whole * width; i < p.pixels; ++i) y = is_average ? y + x[i] : y != y || y > x[i] ? y : x[i];
    arg<float>(call, 1)[task] = is_average ? y / static_cast<float>(p.pixels) : y;
  }
}

}  // namespace

void f32_global_pool_blocked(const coracle_call* call, int32_t begin, int32_t end) {
  if (params<GlobalParams>(call).is_average)
    global_blocked<true>(call, begin, end);
  else
    global_blocked<false>(call, begin, end);
}

void f32_global_pool(const coracle_call* call, int32_t begin, int32_t end) {
  if (params<GlobalParams>(call).is_average)
    global_rows<true>(call, begin, end);
  else
    global_rows<false>(call, begin, end);
}

}  // namespace coracle::CORACLE_ISA
