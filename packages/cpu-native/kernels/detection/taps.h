// What the outputs of one region read along an axis.
#pragma once
#include <math.h>
#include <stdint.h>

namespace coracle::CORACLE_ISA {
namespace {

constexpr double kMostSamples = 16384;

// Output i reads pixels[begins[i]]... with their shares; with make_slots, tap j is also slot_of[j] of the `slots`
// pixels that any output reads: slot_pixels, or all pixels from `first` on.
// AxisScratch: begins, is_inside [count + 1] i32 each, pixels, slot_of [taps] i32, shares [taps] f32,
// slot_pixels, marks [size] i32 each.
struct Axis {
  int32_t size, count, most_taps;
  int32_t samples;  // of an output, also those outside, which read nothing
  int32_t slots, first;
  int32_t *begins, *is_inside, *pixels, *slot_of, *slot_pixels, *marks;
  float* shares;
};

struct AxisRule {
  double scale;
  int32_t samples;
  bool is_half_pixel;
  bool joins;  // taps of one pixel become one
};

// Returns the end of the axis's scratch.
inline char* place(Axis& axis, int32_t count, int32_t most_taps, int32_t size, char* at) {
  axis.size = size;
  axis.count = count;
  axis.most_taps = most_taps;
  axis.begins = reinterpret_cast<int32_t*>(at);
  axis.is_inside = axis.begins + count + 1;
  axis.pixels = axis.is_inside + count + 1;
  axis.slot_of = axis.pixels + most_taps;
  axis.shares = reinterpret_cast<float*>(axis.slot_of + most_taps);
  axis.slot_pixels = axis.slot_of + 2 * static_cast<int64_t>(most_taps);
  axis.marks = axis.slot_pixels + size;
  return reinterpret_cast<char*>(axis.marks + size);
}

inline int32_t add_tap(Axis& axis, int32_t taps, int32_t pixel, double share, int32_t earliest) {
  for (int32_t i = taps - 1; i >= earliest && i >= taps - 4; --i) {
    if (axis.pixels[i] == pixel) {
      axis.shares[i] += static_cast<float>(share);
      return taps;
    }
  }
  if (taps == axis.most_taps) return taps;
  axis.pixels[taps] = pixel;
  axis.shares[taps] = static_cast<float>(share);
  return taps + 1;
}

// False when the region is NaN there or has too many samples.
inline bool make_taps(Axis& axis, double from, double to, const AxisRule& rule) {
  const double half = rule.is_half_pixel ? 0.5 : 0;
  const double start = from * rule.scale - half, length = to * rule.scale - half - start;
  const double covered = rule.is_half_pixel || length > 1 || length != length ? length : 1;
  const double wanted = rule.samples > 0 ? rule.samples : ::ceil(covered / axis.count);
  if (!(wanted * axis.count <= kMostSamples)) return false;
  axis.samples = wanted > 0 ? static_cast<int32_t>(wanted) : 0;
  const double bin = covered / axis.count;
  int32_t taps = 0;
  for (int32_t i = 0; i < axis.count; ++i) {
    axis.begins[i] = taps;
    axis.is_inside[i] = 1;
    for (int32_t s = 0; s < axis.samples; ++s) {
      const double coordinate = start + i * bin + (s + 0.5) * bin / axis.samples;
      if (coordinate != coordinate) return false;
      if (coordinate < -1 || coordinate > axis.size) {
        axis.is_inside[i] = 0;
        continue;
      }
      const double at = coordinate > 0 ? coordinate : 0;
      const bool is_last = at >= axis.size - 1;
      const int32_t low = is_last ? axis.size - 1 : static_cast<int32_t>(at);
      const double part = is_last ? 0 : at - low;
      const int32_t earliest = rule.joins ? axis.begins[i] : INT32_MAX;
      taps = add_tap(axis, taps, low, 1 - part, earliest);
      taps = add_tap(axis, taps, is_last ? low : low + 1, part, earliest);
    }
  }
  axis.begins[axis.count] = taps;
  return true;
}

inline void make_slots(Axis& axis, bool is_dense) {
  const int32_t taps = axis.begins[axis.count];
  int32_t least = axis.size, most = -1;
  for (int32_t i = 0; i < taps; ++i) {
    least = axis.pixels[i] < least ? axis.pixels[i] : least;
    most = axis.pixels[i] > most ? axis.pixels[i] : most;
  }
  axis.first = least;
  axis.slots = is_dense && taps > 0 ? most - least + 1 : 0;
  for (int32_t i = 0; i < taps && is_dense; ++i) axis.slot_of[i] = axis.pixels[i] - least;
  if (is_dense) return;
  for (int32_t pixel = least; pixel <= most; ++pixel) axis.marks[pixel] = -1;
  for (int32_t i = 0; i < taps; ++i) {
    int32_t& mark = axis.marks[axis.pixels[i]];
    if (mark < 0) {
      axis.slot_pixels[axis.slots] = axis.pixels[i];
      mark = axis.slots++;
    }
    axis.slot_of[i] = mark;
  }
}

}  // namespace
}  // namespace coracle::CORACLE_ISA
