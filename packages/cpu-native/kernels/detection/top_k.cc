#include <math.h>
#include <string.h>

#include "coracle/abi.h"
#include "kernels.h"
#include "kernels/elementwise/panels.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: x [outer, length, inner], values [outer, k, inner], indices i64 [outer, k, inner]; 0 < k <= length.
// Equal elements by lower index, 0 and -0 are equal, NaN counts as the infinity that comes last.
// capacity: items held, k where k <= kFew, else over k unless that is the length. Scratch: 2 * capacity u64, and length
// f32 where inner > 1. Task t: lanes t*chunk... of outer * inner.
struct TopKParams {
  int32_t outer, length, inner, k;
  int32_t is_largest, capacity, chunk;
};

constexpr int32_t kFew = 16;
constexpr int32_t kInsertionItems = 48;

// Orders as the elements do: the key in the upper half, the index in the lower one.
using Item = uint64_t;

struct Lane {
  Item *items, *spare;
  int32_t n, k, capacity;
  float sign;   // times an element: its rank
  float limit;  // only a lower rank can still enter
};

CORACLE_INLINE Item item_of(float rank, int32_t index) {
  const float value = rank == rank ? rank + 0.0f : INFINITY;
  uint32_t bits;
  memcpy(&bits, &value, 4);
  const uint32_t key = bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u);
  return static_cast<Item>(key) << 32 | static_cast<uint32_t>(index);
}

float rank_of(Item item) {
  const uint32_t key = static_cast<uint32_t>(item >> 32);
  return bits_to_float(static_cast<int32_t>(key ^ (key >> 31 ? 0x80000000u : 0xffffffffu)));
}

void insert(Item* items, int32_t at, Item item) {
  for (; at > 0 && items[at - 1] > item; --at) items[at] = items[at - 1];
  items[at] = item;
}

// Stable by key; the items of one key already stand by index.
void radix_sort(Lane& lane) {
  uint32_t counts[4][256];
  memset(counts, 0, sizeof counts);
  for (int32_t i = 0; i < lane.n; ++i) {
    for (int pass = 0; pass < 4; ++pass) ++counts[pass][lane.items[i] >> (32 + 8 * pass) & 255];
  }
  for (int pass = 0; pass < 4; ++pass) {
    uint32_t* count = counts[pass];
    const int shift = 32 + 8 * pass;
    if (count[lane.items[0] >> shift & 255] == static_cast<uint32_t>(lane.n)) continue;
    uint32_t total = 0;
    for (int digit = 0; digit < 256; ++digit) {
      const uint32_t own = count[digit];
      count[digit] = total;
      total += own;
    }
    for (int32_t i = 0; i < lane.n; ++i) lane.spare[count[lane.items[i] >> shift & 255]++] = lane.items[i];
    Item* swap = lane.items;
    lane.items = lane.spare;
    lane.spare = swap;
  }
}

// Sorts what is held and drops all but the first k.
void settle(Lane& lane) {
  if (lane.n <= kInsertionItems) {
    for (int32_t i = 1; i < lane.n; ++i) insert(lane.items, i, lane.items[i]);
  } else {
    radix_sort(lane);
  }
  lane.n = lane.k;
  lane.limit = rank_of(lane.items[lane.k - 1]);
}

CORACLE_INLINE void offer(Lane& lane, float x, int32_t index) {
  const float rank = x * lane.sign;
  if (!(rank < lane.limit)) return;
  if (lane.k <= kFew) {
    insert(lane.items, lane.k - 1, item_of(rank, index));
    lane.limit = rank_of(lane.items[lane.k - 1]);
    return;
  }
  lane.items[lane.n++] = item_of(rank, index);
  if (lane.n == lane.capacity) settle(lane);
}

// x: the lane's elements one after another.
void find(Lane& lane, const float* x, int32_t length) {
  constexpr int kWidth = f32v::width;
  const int32_t held = lane.capacity < length ? lane.capacity : length;
  for (int32_t i = 0; i < held; ++i) lane.items[i] = item_of(x[i] * lane.sign, i);
  lane.n = held;
  settle(lane);
  const f32v sign = set1(lane.sign);
  int32_t i = held;
  for (; i + kWidth <= length; i += kWidth) {
    if (!any(lt(load(x + i) * sign, set1(lane.limit)))) continue;
    for (int j = i; j < i + kWidth; ++j) offer(lane, x[j], j);
  }
  for (; i < length; ++i) offer(lane, x[i], i);
  if (lane.n > lane.k) settle(lane);
}

}  // namespace

void f32_top_k(const coracle_call* call, int32_t begin, int32_t end) {
  TopKParams p;
  memcpy(&p, call->params, sizeof p);
  const float* x = static_cast<const float*>(call->args[0]);
  float* values = static_cast<float*>(call->args[1]);
  char* indices = static_cast<char*>(call->args[2]);
  Item* items = static_cast<Item*>(call->scratch);
  float* gathered = reinterpret_cast<float*>(items + 2 * static_cast<int64_t>(p.capacity));
  const int64_t last = min64(static_cast<int64_t>(end) * p.chunk, static_cast<int64_t>(p.outer) * p.inner);
  for (int64_t at = static_cast<int64_t>(begin) * p.chunk; at < last; ++at) {
    const int64_t outer = at / p.inner, inner = at % p.inner;
    const float* from = x + outer * p.length * p.inner + inner;
    for (int32_t i = 0; i < p.length && p.inner > 1; ++i) gathered[i] = from[static_cast<int64_t>(i) * p.inner];
    const float* lane_values = p.inner > 1 ? gathered : from;
    Lane lane = {items, items + p.capacity, 0, p.k, p.capacity, p.is_largest ? -1.0f : 1.0f, INFINITY};
    find(lane, lane_values, p.length);
    for (int32_t i = 0; i < p.k; ++i) {
      const int64_t to = (outer * p.k + i) * p.inner + inner;
      const int64_t index = static_cast<uint32_t>(lane.items[i]);
      values[to] = lane_values[index];
      memcpy(indices + to * 8, &index, 8);
    }
  }
}

}  // namespace coracle::CORACLE_ISA
