// Waiting for a word to change: first spinning for a bounded time, then asleep in the kernel.
#pragma once
#include <immintrin.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "runtime/step.h"

namespace coracle::CORACLE_ISA {

inline void futex_wait(const void* word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

inline void futex_wake_all(const void* word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
}

// A word that threads wait on. Only its low 32 bits tell one value from another.
class waitable {
 public:
  uint64_t load() const { return word_.load(std::memory_order_acquire); }

  // Sequentially consistent, as is the sleepers' count: either the sleeper sees the new word or this sees the sleeper.
  void publish(uint64_t value) {
    word_.store(value, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) != 0) futex_wake_all(&word_);
  }

  void wait_while(uint64_t value, double spin_ns) {
    if (spins_past(value, spin_ns)) return;
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    while (word_.load(std::memory_order_seq_cst) == value) futex_wait(&word_, static_cast<uint32_t>(value));
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

  void reset() {
    word_.store(0, std::memory_order_relaxed);
    sleepers_.store(0, std::memory_order_relaxed);
  }

 private:
  bool spins_past(uint64_t value, double spin_ns) const {
    const double deadline = spin_ns > 0 ? now_ns() + spin_ns : 0;
    do {
      for (int i = 0; i < 8; i++) {
        if (load() != value) return true;
        if (spin_ns > 0) _mm_pause();
      }
    } while (spin_ns > 0 && now_ns() < deadline);
    return false;
  }

  alignas(64) std::atomic<uint64_t> word_{0};
  alignas(64) std::atomic<uint32_t> sleepers_{0};
};

}  // namespace coracle::CORACLE_ISA
