#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

template <class T>
void fill(buffer<T>& b) {
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<T>(random_u32() * 0x100000001ull);
}

void append(std::vector<int32_t>& words, const int32_t* values) { words.insert(words.end(), values, values + 8); }

struct Copy {
  int32_t rank;
  int32_t dims[8], src[8], dst[8];
  int32_t src_offset, dst_offset;
};

template <class T>
void check_copy(const Copy& c, size_t src_size, size_t dst_size) {
  buffer<T> src(src_size, random_int(0, 3)), dst(dst_size, random_int(0, 3)), want(dst_size);
  fill(src);
  int64_t total = 1;
  for (int d = 0; d < c.rank; ++d) total *= c.dims[d];
  for (int64_t i = 0; i < total; ++i) {
    int64_t from = c.src_offset, to = c.dst_offset, rest = i;
    for (int d = c.rank - 1; d >= 0; --d) {
      from += rest % c.dims[d] * c.src[d];
      to += rest % c.dims[d] * c.dst[d];
      rest /= c.dims[d];
    }
    want[to] = src[from];
  }
  const int32_t inner = c.dims[c.rank - 1], rows = static_cast<int32_t>(total / inner);
  const int32_t row_chunk = random_int(1, rows), inner_chunk = random_int(1, inner);
  const int32_t inner_chunks = (inner + inner_chunk - 1) / inner_chunk;
  std::vector<int32_t> words = {
      static_cast<int32_t>(sizeof(T)), c.rank, row_chunk, inner_chunks, inner_chunk, c.src_offset, c.dst_offset};
  append(words, c.dims);
  append(words, c.src);
  append(words, c.dst);
  const int32_t tasks = (rows + row_chunk - 1) / row_chunk * inner_chunks;
  call_words("strided_copy", {src.data(), dst.data()}, words.data(), tasks, 0);
  expect_equal("copy", dst.data(), want.data(), dst_size);
}

template <class T>
void check_copies() {
  for (int m : {1, 3, 8, 17, 40}) {
    for (int n : {1, 2, 5, 16, 35}) {
      const size_t size = static_cast<size_t>(m) * n;
      check_copy<T>({2, {m, n}, {1, m}, {n, 1}, 0, 0}, size, size);
      check_copy<T>({3, {2, m, n}, {m * n, 1, m}, {m * n, n, 1}, 0, 0}, 2 * size, 2 * size);
      check_copy<T>({3, {2, m, n}, {n, 2 * n, 1}, {m * n, n, 1}, 0, 0}, 2 * size, 2 * size);
      check_copy<T>({2, {m, n}, {n, -1}, {n, 1}, n - 1, 0}, size, size);
      check_copy<T>({2, {m, n}, {1, 0}, {n, 1}, 0, 0}, m, size);
      check_copy<T>({2, {m, n}, {2 * n, 2}, {n, 1}, 1, 0}, 2 * size, size);
      check_copy<T>({3, {m, 2, n}, {1, m * n, m}, {2 * n, 1, 2}, 0, 0}, 2 * size, 2 * size);
    }
  }
}

void check_parts(std::initializer_list<int32_t> parts, int outer) {
  int32_t row = 0;
  for (int32_t bytes : parts) row += bytes;
  buffer<uint8_t> whole(static_cast<size_t>(row) * outer, 1);
  buffer<uint8_t> a(static_cast<size_t>(parts.begin()[0]) * outer, 1), b(static_cast<size_t>(parts.begin()[1]) * outer),
      c(static_cast<size_t>(parts.begin()[2]) * outer, 3);
  fill(a);
  fill(b);
  fill(c);
  std::vector<uint8_t> want;
  for (int o = 0; o < outer; ++o) {
    for (buffer<uint8_t>* part : {&a, &b, &c}) {
      const size_t bytes = part->size() / outer;
      want.insert(want.end(), part->data() + o * bytes, part->data() + (o + 1) * bytes);
    }
  }
  const int32_t chunk = random_int(1, row * outer), tasks = (row * outer + chunk - 1) / chunk;
  std::vector<int32_t> words = {3, outer, chunk};
  words.insert(words.end(), parts);
  call_words("concat", {a.data(), b.data(), c.data(), whole.data()}, words.data(), tasks, 0);
  expect_equal("concat", whole.data(), want.data(), whole.size());
  buffer<uint8_t> d(a.size(), 1), e(b.size()), f(c.size(), 1);
  call_words("split", {whole.data(), d.data(), e.data(), f.data()}, words.data(), tasks, 0);
  expect_equal("split", d.data(), a.data(), a.size());
  expect_equal("split", e.data(), b.data(), b.size());
  expect_equal("split", f.data(), c.data(), c.size());
}

int source_of(int mode, int i, int size) {
  if (i >= 0 && i < size) return i;
  if (mode == 0) return -1;
  if (mode == 2) return i < 0 ? 0 : size - 1;
  if (mode == 3) return ((i % size) + size) % size;
  while (i < 0 || i >= size) i = i < 0 ? -i : 2 * (size - 1) - i;
  return i;
}

// Two padded dims around [2 batches], elements of T; `group` elements of T go together (trailing dims without padding).
template <class T>
void check_pad(int mode, int h, int w, const int (&pads)[4], int group) {
  const int oh = h + pads[0] + pads[2], ow = w + pads[1] + pads[3];
  buffer<T> x(static_cast<size_t>(2) * h * w * group), value(1);
  buffer<T> y(static_cast<size_t>(2) * oh * ow * group), want(y.size());
  fill(x);
  fill(value);
  for (int i = 0; i < 2 * oh * ow; ++i) {
    const int r = source_of(mode, i / ow % oh - pads[0], h), c = source_of(mode, i % ow - pads[1], w);
    for (int g = 0; g < group; ++g) {
      const size_t from = ((static_cast<size_t>(i / ow / oh) * h + r) * w + c) * group + g;
      want[static_cast<size_t>(i) * group + g] = r < 0 || c < 0 ? value[0] : x[from];
    }
  }
  const int rows = 2 * oh, chunk = random_int(1, rows), size = sizeof(T);
  std::vector<int32_t> words = {mode, size * group, size, 3, chunk};
  const int32_t in[] = {2, h, w, 1, 1, 1, 1, 1}, out[] = {2, oh, ow, 1, 1, 1, 1, 1};
  const int32_t before[] = {0, pads[0], pads[1], 0, 0, 0, 0, 0};
  append(words, in);
  append(words, out);
  append(words, before);
  call_words("pad", {x.data(), value.data(), y.data()}, words.data(), (rows + chunk - 1) / chunk, 0);
  expect_equal("pad", y.data(), want.data(), y.size());
}

template <class T>
void check_pads() {
  const int cases[][4] = {{1, 2, 3, 1}, {0, 2, 0, 0}, {2, 0, 1, 3}, {-1, 1, 2, -2}, {-1, -1, -1, -1}};
  for (const auto& pads : cases) {
    for (int mode = 0; mode < 4; ++mode) {
      check_pad<T>(mode, 5, 6, pads, 1);
      check_pad<T>(mode, 4, 17, pads, 3);
    }
  }
}

}  // namespace

CORACLE_CHECK(movement_strided_copy) {
  check_copies<uint8_t>();
  check_copies<uint16_t>();
  check_copies<uint32_t>();
  check_copies<uint64_t>();
}

CORACLE_CHECK(movement_concat) {
  for (int outer : {1, 2, 7}) {
    check_parts({4, 8, 12}, outer);
    check_parts({1, 301, 2}, outer);
    check_parts({64, 0, 640}, outer);
  }
}

CORACLE_CHECK(movement_pad) {
  check_pads<uint8_t>();
  check_pads<uint16_t>();
  check_pads<uint32_t>();
  check_pads<uint64_t>();
}

}  // namespace coracle::CORACLE_ISA::check
