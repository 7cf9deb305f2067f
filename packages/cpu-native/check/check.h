// The native check: each kernel against a scalar loop, at every level, with unaligned pointers and canaries.
// A file per family registers functions with CORACLE_CHECK; a row of kernels.def that no check calls is a failure.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <initializer_list>
#include <vector>

#include "kernels.h"
#include "simd/simd.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace coracle::CORACLE_ISA::check {

struct registration {
  const char* name;
  void (*run)();
  registration* next;
  registration(const char* name, void (*run)());
};

#define CORACLE_CHECK(name)                                                              \
  static void check_##name();                                                            \
  static coracle::CORACLE_ISA::check::registration register_##name(#name, check_##name); \
  static void check_##name()

// Counts a failure and prints it; at most 20 a check.
void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

// The same sequence in every run.
uint32_t random_u32();
float random_float(float low, float high);
int random_int(int low, int high);  // both ends included

// n elements between canaries, `misaligned` elements past a 64-byte boundary, filled with a pattern that is NaN as f32.
// The canaries are looked at when it goes.
template <class T>
class buffer {
 public:
  explicit buffer(size_t n, int misaligned = 0) : n_(n) {
    const size_t payload = n * sizeof(T);
    bytes_ = guard + static_cast<size_t>(misaligned) * sizeof(T) + payload + guard;
    base_ = static_cast<uint8_t*>(aligned_alloc(64, (bytes_ + 63) / 64 * 64));
    memset(base_, 0xff, bytes_);
    data_ = reinterpret_cast<T*>(base_ + guard + static_cast<size_t>(misaligned) * sizeof(T));
    for_guards([](uint8_t* p, size_t n) { memset(p, canary, n); });
#if defined(__SANITIZE_ADDRESS__)
    for_guards([](uint8_t* p, size_t n) { __asan_poison_memory_region(p, n); });
#endif
  }
  ~buffer() {
#if defined(__SANITIZE_ADDRESS__)
    for_guards([](uint8_t* p, size_t n) { __asan_unpoison_memory_region(p, n); });
#endif
    bool is_whole = true;
    for_guards([&](uint8_t* p, size_t n) {
      for (size_t i = 0; i < n; i++) is_whole = is_whole && p[i] == canary;
    });
    if (!is_whole) fail("wrote outside a buffer of %zu elements of %zu bytes", n_, sizeof(T));
    free(base_);
  }
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return n_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  buffer& fill_random(float low, float high) {
    for (size_t i = 0; i < n_; i++) data_[i] = static_cast<T>(random_float(low, high));
    return *this;
  }

 private:
  static constexpr size_t guard = 128;
  static constexpr uint8_t canary = 0xa5;

  template <class F>
  void for_guards(F f) {
    uint8_t* first = reinterpret_cast<uint8_t*>(data_);
    uint8_t* last = first + n_ * sizeof(T);
    f(base_, static_cast<size_t>(first - base_));
    f(last, static_cast<size_t>(base_ + bytes_ - last));
  }

  size_t n_;
  size_t bytes_;
  uint8_t* base_;
  T* data_;
};

void call_words(const char* kernel, std::initializer_list<const void*> args, const int32_t* params, int32_t tasks,
                size_t scratch_bytes);

// Calls a kernel by its row's name. Tasks go in pieces of random size, last piece first, each with scratch that holds
// garbage between canaries. params: the kernel's struct of 32-bit words.
template <class P>
void call(const char* kernel, std::initializer_list<const void*> args, const P& params, int32_t tasks,
          size_t scratch_bytes = 0) {
  static_assert(sizeof(P) % 4 == 0, "params are 32-bit words");
  std::vector<int32_t> words(sizeof(P) / 4);
  memcpy(words.data(), &params, sizeof(P));
  call_words(kernel, args, words.data(), tasks, scratch_bytes);
}

// |got - want| <= absolute + relative * |want|; NaN only equals NaN, infinities only themselves.
bool is_close(double got, double want, double relative, double absolute);
// Compares n elements and fails once, with the first difference and their number.
void expect_close(const char* what, const float* got, const float* want, size_t n, double relative = 1e-5,
                  double absolute = 1e-5);

template <class T>
void expect_equal(const char* what, const T* got, const T* want, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (memcmp(&got[i], &want[i], sizeof(T)) != 0) {
      return fail("%s[%zu]: %.9g, expected %.9g", what, i, static_cast<double>(got[i]), static_cast<double>(want[i]));
    }
  }
}

}  // namespace coracle::CORACLE_ISA::check
