#include "kernels.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

constexpr int width = f32v::width;

struct ReorderParams {
  int32_t batch;
  int32_t channels;
  int32_t pixels;  // spatial elements of one channel
  int32_t pixels_per_task;
};

// One task: a strip of pixels of one block of channels of one image.
struct Strip {
  int64_t plain;    // first element of the block's first channel, at the strip
  int64_t blocked;  // first element of the strip
  int channels;     // real channels of the block
  int pixels;
};

Strip strip_of(const ReorderParams& p, int32_t task) {
  const int32_t strips = (p.pixels + p.pixels_per_task - 1) / p.pixels_per_task;
  const int32_t blocks = (p.channels + width - 1) / width;
  const int32_t first = task % strips * p.pixels_per_task;
  const int32_t block = task / strips % blocks;
  const int64_t image = task / strips / blocks;
  const int32_t left = p.channels - block * width;
  Strip strip;
  strip.plain = (image * p.channels + block * width) * p.pixels + first;
  strip.blocked = ((image * blocks + block) * p.pixels + first) * width;
  strip.channels = left < width ? left : width;
  strip.pixels = p.pixels - first < p.pixels_per_task ? p.pixels - first : p.pixels_per_task;
  return strip;
}

// rows[i] lane j <-> rows[j] lane i, by log2(width) rounds of exchanging halves.
#if CORACLE_WIDTH == 4
void transpose(f32v* r) { _MM_TRANSPOSE4_PS(r[0].v, r[1].v, r[2].v, r[3].v); }
#elif CORACLE_WIDTH == 8
void transpose(f32v* r) {
  __m256 t[8], u[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i].v, r[i + 1].v);
    t[i + 1] = _mm256_unpackhi_ps(r[i].v, r[i + 1].v);
  }
  for (int i = 0; i < 8; i += 4) {
    u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  for (int i = 0; i < 4; i++) {
    r[i].v = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
    r[i + 4].v = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
  }
}
#else
void transpose(f32v* r) {
  __m512 t[16], u[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i].v, r[i + 1].v);
    t[i + 1] = _mm512_unpackhi_ps(r[i].v, r[i + 1].v);
  }
  for (int i = 0; i < 16; i += 4) {
    u[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
    u[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
    u[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    u[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  for (int i = 0; i < 4; i++) {
    const __m512 low = _mm512_shuffle_f32x4(u[i], u[i + 4], 0x88);
    const __m512 high = _mm512_shuffle_f32x4(u[i], u[i + 4], 0xdd);
    const __m512 low2 = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0x88);
    const __m512 high2 = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0xdd);
    r[i].v = _mm512_shuffle_f32x4(low, low2, 0x88);
    r[i + 4].v = _mm512_shuffle_f32x4(high, high2, 0x88);
    r[i + 8].v = _mm512_shuffle_f32x4(low, low2, 0xdd);
    r[i + 12].v = _mm512_shuffle_f32x4(high, high2, 0xdd);
  }
}
#endif

void to_blocked(const float* plain, float* blocked, const Strip& s, int32_t stride) {
  for (int x = 0; x < s.pixels; x += width) {
    const int n = s.pixels - x < width ? s.pixels - x : width;
    f32v rows[width];
    for (int c = 0; c < width; c++) {
      const float* p = plain + static_cast<int64_t>(c) * stride + x;
      rows[c] = c >= s.channels ? zero() : n == width ? load(p) : load_n(p, n);
    }
    transpose(rows);
    for (int i = 0; i < n; i++) store(blocked + static_cast<int64_t>(x + i) * width, rows[i]);
  }
}

void from_blocked(const float* blocked, float* plain, const Strip& s, int32_t stride) {
  for (int x = 0; x < s.pixels; x += width) {
    const int n = s.pixels - x < width ? s.pixels - x : width;
    f32v rows[width];
    for (int i = 0; i < width; i++) {
      rows[i] = i < n ? load(blocked + static_cast<int64_t>(x + i) * width) : zero();
    }
    transpose(rows);
    for (int c = 0; c < s.channels; c++) {
      float* p = plain + static_cast<int64_t>(c) * stride + x;
      if (n == width) {
        store(p, rows[c]);
      } else {
        store_n(p, rows[c], n);
      }
    }
  }
}

}  // namespace

// args: x [N,C,pixels] f32, y [N,ceil(C/width),pixels,width] f32, padded lanes 0. Tasks: N * blocks * strips.
void f32_reorder_to_blocked(const coracle_call* call, int32_t begin, int32_t end) {
  ReorderParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  float* y = static_cast<float*>(call->args[1]);
  for (int32_t task = begin; task < end; task++) {
    const Strip s = strip_of(p, task);
    to_blocked(x + s.plain, y + s.blocked, s, p.pixels);
  }
}

// args: x [N,ceil(C/width),pixels,width] f32, y [N,C,pixels] f32. Tasks: N * blocks * strips.
void f32_reorder_from_blocked(const coracle_call* call, int32_t begin, int32_t end) {
  ReorderParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  float* y = static_cast<float*>(call->args[1]);
  for (int32_t task = begin; task < end; task++) {
    const Strip s = strip_of(p, task);
    from_blocked(x + s.blocked, y + s.plain, s, p.pixels);
  }
}

}  // namespace coracle::CORACLE_ISA
