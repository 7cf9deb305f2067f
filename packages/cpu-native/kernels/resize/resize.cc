#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [outer, ih, iw, element], rows [oh] i32, columns [ow] i32, y [outer, oh, ow, element].
// Task t: rows t*chunk... of the outer * oh rows of y.
struct NearestParams {
  int32_t outer, ih, iw, oh, ow;
  int32_t element_bytes;  // any
  int32_t chunk;
};

// args: x [outer, ih, iw, inner], rows [2 * oh] i32 then row_weights [oh] f32, columns [2 * ow] i32 then
// column_weights [ow] f32, y [outer, oh, ow, inner]. A table's entries 2i and 2i+1 are the two sources of i and its
// weight is the second one's. With inner 1 the scratch holds iw + width f32. Task t: rows t*chunk... of the outer * oh
// rows. in_windows (inner is 1): the sources of each vector of columns lie within a vector, so columns is windows [v]
// i32 where they begin, then [v, width] where in them the first sources are, then the second ones; column_weights fill
// whole vectors.
struct LinearParams {
  int32_t outer, ih, iw, oh, ow, inner;
  int32_t chunk, in_windows;
};

// args: x [outer, in, inner], sources [out * taps] i32, weights [out * taps] f32, y [outer, out, inner].
// Task t: rows t*chunk... of the outer * out rows.
struct TapsParams {
  int32_t outer, in, out, inner, taps;
  int32_t chunk;
};

template <class T>
void nearest_row(const char* x, const int32_t* columns, char* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    T value;
    memcpy(&value, x + columns[i] * static_cast<int64_t>(sizeof(T)), sizeof(T));
    memcpy(y + i * sizeof(T), &value, sizeof(T));
  }
}

struct Bytes16 {
  char bytes[16];
};
struct Bytes32 {
  char bytes[32];
};
struct Bytes64 {
  char bytes[64];
};

void nearest_any(const char* x, const int32_t* columns, char* y, const NearestParams& p) {
  switch (p.element_bytes) {
    case 1: return nearest_row<uint8_t>(x, columns, y, p.ow);
    case 2: return nearest_row<uint16_t>(x, columns, y, p.ow);
    case 4: return nearest_row<uint32_t>(x, columns, y, p.ow);
    case 8: return nearest_row<uint64_t>(x, columns, y, p.ow);
    case 16: return nearest_row<Bytes16>(x, columns, y, p.ow);
    case 32: return nearest_row<Bytes32>(x, columns, y, p.ow);
    case 64: return nearest_row<Bytes64>(x, columns, y, p.ow);
    default: break;
  }
  const int64_t bytes = p.element_bytes;
  for (int64_t i = 0; i < p.ow; ++i) memcpy(y + i * bytes, x + columns[i] * bytes, bytes);
}

// to = a + (b - a) * weight.
void mix(const float* a, const float* b, float weight, float* to, int64_t n) {
  constexpr int64_t kWidth = f32v::width;
  const f32v w = set1(weight);
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    const f32v v = load(a + i);
    store(to + i, fma(load(b + i) - v, w, v));
  }
  for (; i < n; ++i) to[i] = a[i] + (b[i] - a[i]) * weight;
}

struct Table {
  const int32_t* sources;
  const float* weights;
};

void linear_row(const LinearParams& p, const float* top, const float* bottom, float weight, const Table& columns,
                float* y) {
  constexpr int64_t kWidth = f32v::width;
  const int64_t inner = p.inner;
  for (int64_t i = 0; i < p.ow; ++i) {
    const int64_t left = columns.sources[2 * i] * inner, right = columns.sources[2 * i + 1] * inner;
    const f32v w = set1(columns.weights[i]), v = set1(weight);
    for (int64_t c = 0; c < inner; c += kWidth) {
      const int lanes = static_cast<int>(min64(kWidth, inner - c));
      const f32v a = load_n(top + left + c, lanes), b = load_n(top + right + c, lanes);
      const f32v d = load_n(bottom + left + c, lanes), e = load_n(bottom + right + c, lanes);
      const f32v upper = fma(b - a, w, a), lower = fma(e - d, w, d);
      store_n(y + i * inner + c, fma(lower - upper, v, upper), lanes);
    }
  }
}

void linear_row_plain(const LinearParams& p, const float* mixed, const Table& columns, float* y) {
  for (int64_t i = 0; i < p.ow; ++i) {
    const float a = mixed[columns.sources[2 * i]], b = mixed[columns.sources[2 * i + 1]];
    y[i] = a + (b - a) * columns.weights[i];
  }
}

void linear_row_windows(const LinearParams& p, const float* mixed, const Table& columns, float* y) {
  constexpr int kWidth = f32v::width;
  const int vectors = (p.ow + kWidth - 1) / kWidth;
  const int32_t* first = columns.sources + vectors;
  const int32_t* second = first + vectors * kWidth;
  for (int v = 0; v < vectors; ++v) {
    const f32v window = load(mixed + columns.sources[v]);
    const f32v a = permute(window, load(first + v * kWidth)), b = permute(window, load(second + v * kWidth));
    const f32v mean = fma(b - a, load(columns.weights + v * kWidth), a);
    const int left = p.ow - v * kWidth;
    if (left >= kWidth)
      store(y + v * kWidth, mean);
    else
      store_n(y + v * kWidth, mean, left);
  }
}

}  // namespace

void resize_nearest(const coracle_call* call, int32_t begin, int32_t end) {
  NearestParams p;
  memcpy(&p, call->params, sizeof p);
  const char* x = static_cast<const char*>(call->args[0]);
  const int32_t* rows = static_cast<const int32_t*>(call->args[1]);
  const int32_t* columns = static_cast<const int32_t*>(call->args[2]);
  char* y = static_cast<char*>(call->args[3]);
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, static_cast<int64_t>(p.outer) * p.oh);
  const int64_t in_row = static_cast<int64_t>(p.iw) * p.element_bytes;
  const int64_t out_row = static_cast<int64_t>(p.ow) * p.element_bytes;
  const int64_t first = static_cast<int64_t>(begin) * p.chunk;
  for (int64_t row = first; row < last; ++row) {
    const int64_t oy = row % p.oh;
    char* to = y + row * out_row;
    if (row > first && oy > 0 && rows[oy] == rows[oy - 1]) {
      memcpy(to, to - out_row, out_row);
    } else {
      nearest_any(x + (row / p.oh * p.ih + rows[oy]) * in_row, columns, to, p);
    }
  }
}

void f32_resize_linear(const coracle_call* call, int32_t begin, int32_t end) {
  LinearParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  const int32_t* row_sources = static_cast<const int32_t*>(call->args[1]);
  const float* row_weights = static_cast<const float*>(call->args[2]);
  const Table columns = {static_cast<const int32_t*>(call->args[3]), static_cast<const float*>(call->args[4])};
  float* y = static_cast<float*>(call->args[5]);
  float* mixed = static_cast<float*>(call->scratch);
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, static_cast<int64_t>(p.outer) * p.oh);
  const int64_t in_row = static_cast<int64_t>(p.iw) * p.inner, out_row = static_cast<int64_t>(p.ow) * p.inner;
  for (int64_t row = static_cast<int64_t>(begin) * p.chunk; row < last; ++row) {
    const int64_t oy = row % p.oh;
    const float* plane = x + row / p.oh * p.ih * in_row;
    const float* top = plane + row_sources[2 * oy] * in_row;
    const float* bottom = plane + row_sources[2 * oy + 1] * in_row;
    if (p.inner == 1) {
      mix(top, bottom, row_weights[oy], mixed, p.iw);
      if (p.in_windows)
        linear_row_windows(p, mixed, columns, y + row * out_row);
      else
        linear_row_plain(p, mixed, columns, y + row * out_row);
    } else {
      linear_row(p, top, bottom, row_weights[oy], columns, y + row * out_row);
    }
  }
}

void f32_resize_taps(const coracle_call* call, int32_t begin, int32_t end) {
  TapsParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  const int32_t* sources = static_cast<const int32_t*>(call->args[1]);
  const float* weights = static_cast<const float*>(call->args[2]);
  float* y = static_cast<float*>(call->args[3]);
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, static_cast<int64_t>(p.outer) * p.out);
  for (int64_t row = static_cast<int64_t>(begin) * p.chunk; row < last; ++row) {
    const int64_t o = row % p.out * p.taps;
    const float* plane = x + row / p.out * p.in * p.inner;
    for (int64_t c = 0; c < p.inner; c += f32v::width) {
      const int lanes = static_cast<int>(min64(f32v::width, p.inner - c));
      f32v total = zero();
      for (int64_t t = 0; t < p.taps; ++t) {
        const float* from = plane + sources[o + t] * static_cast<int64_t>(p.inner) + c;
        total = fma(load_n(from, lanes), set1(weights[o + t]), total);
      }
      store_n(y + row * p.inner + c, total, lanes);
    }
  }
}

}  // namespace coracle::CORACLE_ISA
