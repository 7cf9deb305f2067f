#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

void append(std::vector<int32_t>& words, std::initializer_list<int32_t> values) {
  words.insert(words.end(), values);
  words.resize(words.size() + 8 - values.size(), 0);
}

template <class T>
void fill(buffer<T>& b) {
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<T>(random_u32());
}

// Negative ones too.
template <class I>
void fill_indices(buffer<I>& indices, int size) {
  for (size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<I>(random_int(-size, size - 1));
}

template <class I>
size_t at(const buffer<I>& indices, size_t i, int size) {
  return static_cast<size_t>(indices[i] < 0 ? indices[i] + size : indices[i]);
}

template <class T, class I>
void check_gather(int outer, int axis, int count, int inner) {
  buffer<T> x(static_cast<size_t>(outer) * axis * inner, 1);
  buffer<T> y(static_cast<size_t>(outer) * count * inner, 1), want(y.size());
  buffer<I> indices(count, 1);
  fill(x);
  fill_indices(indices, axis);
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t row = i / inner;
    want[i] = x[(row / count * axis + at(indices, row % count, axis)) * inner + i % inner];
  }
  const int rows = outer * count, chunk = random_int(1, rows), size = sizeof(T), index = sizeof(I);
  const int32_t words[] = {outer, axis, count, inner * size, index, chunk};
  call_words("gather", {x.data(), indices.data(), y.data()}, words, (rows + chunk - 1) / chunk, 0);
  expect_equal("gather", y.data(), want.data(), y.size());
}

// x [3, axis, 5], indices [2, 4, 5].
template <class T, class I>
void check_gather_elements(int axis) {
  buffer<T> x(static_cast<size_t>(3) * axis * 5), y(40), want(40);
  buffer<I> indices(40);
  fill(x);
  fill_indices(indices, axis);
  for (size_t i = 0; i < 40; ++i) want[i] = x[(i / 20 * axis + at(indices, i, axis)) * 5 + i % 5];
  const int size = sizeof(T), index = sizeof(I), chunk = random_int(1, 40);
  std::vector<int32_t> words = {size, index, axis, 5, 40, chunk, 3};
  append(words, {2, 4, 5});
  append(words, {axis * 5, 0, 1});
  call_words("gather_elements", {x.data(), indices.data(), y.data()}, words.data(), (40 + chunk - 1) / chunk, 0);
  expect_equal("gather elements", y.data(), want.data(), 40);
}

// x [2, 3, 4, inner], indices [2, 7, 2].
template <class I>
void check_gather_nd(int inner) {
  buffer<uint32_t> x(static_cast<size_t>(24) * inner), y(static_cast<size_t>(14) * inner), want(y.size());
  buffer<I> indices(28);
  fill(x);
  for (size_t i = 0; i < 28; ++i) indices[i] = static_cast<I>(i % 2 ? random_int(-4, 3) : random_int(-3, 2));
  for (size_t r = 0; r < 14; ++r) {
    const size_t from = (r / 7 * 3 + at(indices, 2 * r, 3)) * 4 + at(indices, 2 * r + 1, 4);
    for (int i = 0; i < inner; ++i) want[r * inner + i] = x[from * inner + i];
  }
  std::vector<int32_t> words = {2, 7, 2, inner * 4, static_cast<int32_t>(sizeof(I)), 12, 3};
  append(words, {3, 4});
  call_words("gather_nd", {x.data(), indices.data(), y.data()}, words.data(), 5, 0);
  expect_equal("gather nd", y.data(), want.data(), y.size());
}

template <class T>
T combined(int reduction, T a, T b) {
  switch (reduction) {
    case 0: return b;
    case 1: return static_cast<T>(a + b);
    case 2: return static_cast<T>(a * b);
    case 3: return a > b ? a : b;
    default: return a < b ? a : b;
  }
}

// y [3, axis, 5], indices and updates [2, 4, 5].
template <class T, class I>
void check_scatter_elements(int reduction, int element, int axis) {
  buffer<T> y(static_cast<size_t>(3) * axis * 5), updates(40), want(y.size());
  buffer<I> indices(40);
  for (size_t i = 0; i < y.size(); ++i) want[i] = y[i] = static_cast<T>(random_int(0, 3));
  for (size_t i = 0; i < 40; ++i) updates[i] = static_cast<T>(random_int(0, 3));
  fill_indices(indices, axis);
  for (size_t i = 0; i < 40; ++i) {
    T& target = want[(i / 20 * axis + at(indices, i, axis)) * 5 + i % 5];
    target = combined(reduction, target, updates[i]);
  }
  const int32_t size = sizeof(T), index = sizeof(I);
  std::vector<int32_t> words = {reduction, element, size, index, axis, 5, 40, 3};
  append(words, {2, 4, 5});
  append(words, {axis * 5, 0, 1});
  call_words("scatter_elements", {indices.data(), updates.data(), y.data()}, words.data(), 1, 0);
  expect_equal("scatter elements", y.data(), want.data(), y.size());
}

// y [3, 4, inner], indices [6, 2], updates [6, inner].
template <class T, class I>
void check_scatter_nd(int reduction, int element, int inner) {
  buffer<T> y(static_cast<size_t>(12) * inner), updates(static_cast<size_t>(6) * inner), want(y.size());
  buffer<I> indices(12);
  for (size_t i = 0; i < y.size(); ++i) want[i] = y[i] = static_cast<T>(random_int(0, 3));
  for (size_t i = 0; i < updates.size(); ++i) updates[i] = static_cast<T>(random_int(0, 3));
  for (size_t i = 0; i < 12; ++i) indices[i] = static_cast<I>(i % 2 ? random_int(-4, 3) : random_int(-3, 2));
  for (size_t i = 0; i < updates.size(); ++i) {
    const size_t r = i / inner;
    T& target = want[(at(indices, 2 * r, 3) * 4 + at(indices, 2 * r + 1, 4)) * inner + i % inner];
    target = combined(reduction, target, updates[i]);
  }
  const int32_t size = sizeof(T), index = sizeof(I);
  std::vector<int32_t> words = {reduction, element, size, index, 6, 2, inner};
  append(words, {3, 4});
  call_words("scatter_nd", {indices.data(), updates.data(), y.data()}, words.data(), 1, 0);
  expect_equal("scatter nd", y.data(), want.data(), y.size());
}

}  // namespace

CORACLE_CHECK(movement_gather) {
  for (int inner : {1, 2, 3, 16, 33}) {
    check_gather<uint32_t, int64_t>(3, 7, 11, inner);
    check_gather<uint8_t, int32_t>(2, 5, 4, inner);
    check_gather<uint64_t, int64_t>(1, 9, 5, inner);
    check_gather<uint16_t, int32_t>(2, 3, 1, inner);
    check_gather_nd<int64_t>(inner);
    check_gather_nd<int32_t>(inner);
  }
  for (int axis : {1, 4, 6}) {
    check_gather_elements<uint8_t, int64_t>(axis);
    check_gather_elements<uint16_t, int32_t>(axis);
    check_gather_elements<uint32_t, int64_t>(axis);
    check_gather_elements<uint64_t, int32_t>(axis);
  }
}

CORACLE_CHECK(movement_gather_out_of_range) {
  const float x[] = {1, 2, 3};
  const int64_t indices[] = {-100, 7, INT64_MIN, INT64_MAX};
  const float want[] = {1, 3, 1, 3};
  buffer<float> y(4);
  const int32_t words[] = {1, 3, 4, 4, 8, 4};
  call_words("gather", {x, indices, y.data()}, words, 1, 0);
  expect_equal("held at the end", y.data(), want, 4);
}

CORACLE_CHECK(movement_scatter) {
  for (int reduction = 0; reduction <= 4; ++reduction) {
    check_scatter_elements<float, int64_t>(reduction, 1, 6);
    check_scatter_elements<int32_t, int32_t>(reduction, 2, 4);
    check_scatter_elements<int64_t, int64_t>(reduction, 3, 1);
    check_scatter_nd<float, int64_t>(reduction, 1, 5);
    check_scatter_nd<int32_t, int32_t>(reduction, 2, 1);
    check_scatter_nd<int64_t, int64_t>(reduction, 3, 3);
  }
  check_scatter_nd<uint8_t, int64_t>(0, 0, 4);
  check_scatter_elements<uint16_t, int64_t>(0, 0, 4);
}

}  // namespace coracle::CORACLE_ISA::check
