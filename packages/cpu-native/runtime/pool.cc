#include "runtime/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "runtime/futex.h"

namespace coracle::CORACLE_ISA {
namespace {

// A step's tasks are cut into at most 65535 units, and the units into one range for each thread. A range is one word:
// the stage's tag, its first unit and its end; a thread that is late finds another tag and takes nothing.
struct alignas(64) unit_range {
  std::atomic<uint64_t> word{0};
};

struct units {
  uint32_t begin;
  uint32_t end;
};

// What threads look at: low half the tag of the stage (new with each parallel step), above it the run's threads,
// 0 between runs. Threads without work wait here during a run, and on `runs` between runs.
struct pool_state {
  std::atomic<uint32_t> busy{0};
  waitable stage;
  waitable runs;
  unit_range ranges[CORACLE_MAX_THREADS];
  alignas(64) std::atomic<uint32_t> units_left{0};

  // Written only between the end of one stage and the publication of the next.
  alignas(64) run_request request{};
  ready_step step{};
  uint32_t next_step = 0;
  uint32_t unit_tasks = 1;
  uint32_t threads = 1;
  uint32_t tag = 0;
  double step_start_ns = 0;
  int32_t status = CORACLE_OK;

  // The holder of `busy` only.
  uint32_t num_workers = 0;
};

pool_state pool;
double spin_ns = 0;

constexpr double default_spin_us = 200;
constexpr double max_spin_us = 100000;

__attribute__((constructor)) void read_spin() {
  const char* text = getenv("CORACLE_SPIN_US");
  const double spin_us = text == nullptr ? default_spin_us : strtod(text, nullptr);
  spin_ns = (spin_us >= 0 && spin_us <= max_spin_us ? spin_us : default_spin_us) * 1e3;
}

uint32_t tag_of(uint64_t stage) { return static_cast<uint32_t>(stage); }
uint32_t threads_of(uint64_t stage) { return static_cast<uint32_t>(stage >> 32); }

uint64_t pack(uint32_t tag, units u) { return static_cast<uint64_t>(tag) << 32 | u.begin << 16 | u.end; }
units unpack(uint64_t word) {
  return {static_cast<uint32_t>(word >> 16) & 0xffff, static_cast<uint32_t>(word) & 0xffff};
}

void publish_stage(uint32_t threads) {
  pool.tag++;
  pool.stage.publish(static_cast<uint64_t>(threads) << 32 | pool.tag);
}

// A quarter of what is left, from the front of a thread's own range and from the back of another's.
bool claim(uint32_t range, uint32_t tag, bool is_own, units* claimed) {
  std::atomic<uint64_t>& word = pool.ranges[range].word;
  uint64_t seen = word.load(std::memory_order_relaxed);
  for (;;) {
    const units u = unpack(seen);
    if (static_cast<uint32_t>(seen >> 32) != tag || u.begin >= u.end) return false;
    const uint32_t count = (u.end - u.begin + 3) / 4;
    const units rest = is_own ? units{u.begin + count, u.end} : units{u.begin, u.end - count};
    *claimed = is_own ? units{u.begin, u.begin + count} : units{u.end - count, u.end};
    if (word.compare_exchange_weak(seen, pack(tag, rest), std::memory_order_acq_rel, std::memory_order_relaxed)) {
      return true;
    }
  }
}

void call_units(uint32_t thread, units u) {
  const int64_t begin = static_cast<int64_t>(u.begin) * pool.unit_tasks;
  const int64_t end = static_cast<int64_t>(u.end) * pool.unit_tasks;
  const int64_t last = end < pool.step.tasks ? end : pool.step.tasks;
  call_tasks(pool.request, pool.step, thread, static_cast<int32_t>(begin), static_cast<int32_t>(last));
}

void share_out(uint32_t tasks) {
  constexpr uint32_t max_units = 0xffff;
  pool.unit_tasks = (tasks + max_units - 1) / max_units;
  const uint32_t num_units = (tasks + pool.unit_tasks - 1) / pool.unit_tasks;
  pool.units_left.store(num_units, std::memory_order_relaxed);
  for (uint32_t i = 0; i < pool.threads; i++) {
    const units u = {num_units * i / pool.threads, num_units * (i + 1) / pool.threads};
    pool.ranges[i].word.store(pack(pool.tag + 1, u), std::memory_order_release);
  }
  publish_stage(pool.threads);
}

void add_step_ns() {
  if (pool.request.step_ns != nullptr) pool.request.step_ns[pool.next_step - 1] += now_ns() - pool.step_start_ns;
}

void finish(int32_t status) {
  pool.status = status;
  publish_stage(0);
}

// Runs steps of one task on this thread, up to a step to share, which it publishes, or the end.
void advance(uint32_t thread) {
  while (pool.next_step < pool.request.plan->num_steps) {
    if (is_cancelled(pool.request)) return finish(CORACLE_CANCELLED);
    const int32_t status = make_ready(pool.request, pool.next_step++, &pool.step);
    if (status != CORACLE_OK) return finish(status);
    if (pool.request.step_ns != nullptr) pool.step_start_ns = now_ns();
    if (pool.step.tasks > 1) return share_out(static_cast<uint32_t>(pool.step.tasks));
    if (pool.step.tasks == 1) call_tasks(pool.request, pool.step, thread, 0, 1);
    add_step_ns();
  }
  finish(CORACLE_OK);
}

// Works on a stage until nothing is left to take; who completes the last unit of it leads on to the next.
void work(uint64_t stage, uint32_t thread) {
  const uint32_t tag = tag_of(stage);
  const uint32_t threads = threads_of(stage);
  uint32_t num_done = 0;
  units claimed;
  for (uint32_t i = 0; i < threads; i++) {
    const uint32_t range = thread + i < threads ? thread + i : thread + i - threads;
    while (claim(range, tag, i == 0, &claimed)) {
      call_units(thread, claimed);
      num_done += claimed.end - claimed.begin;
    }
  }
  if (num_done == 0 || pool.units_left.fetch_sub(num_done, std::memory_order_acq_rel) != num_done) return;
  add_step_ns();
  advance(thread);
}

void* worker_main(void* index) {
  const uint32_t thread = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(index));
  flush_denormals flush;
  for (;;) {
    const uint64_t run = pool.runs.load();
    const uint64_t stage = pool.stage.load();
    if (thread < threads_of(stage)) {
      work(stage, thread);
      pool.stage.wait_while(stage, spin_ns);
    } else {
      pool.runs.wait_while(run, spin_ns);
    }
  }
  return nullptr;
}

// Fork copies no worker and whatever a run was doing: the child starts anew.
void forget_workers() {
  pool.busy.store(0, std::memory_order_relaxed);
  pool.stage.reset();
  pool.runs.reset();
  pool.num_workers = 0;
}

// Signals are for the host's own threads.
void grow(uint32_t num_workers) {
  if (pool.num_workers >= num_workers) return;
  if (pool.num_workers == 0) pthread_atfork(nullptr, nullptr, forget_workers);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  pthread_attr_setstacksize(&attributes, 256 << 10);
#endif
  while (pool.num_workers < num_workers) {
    pthread_t handle;
    const uintptr_t index = pool.num_workers + 1;
    if (pthread_create(&handle, &attributes, worker_main, reinterpret_cast<void*>(index)) != 0) break;
    pool.num_workers++;
  }
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

bool run_on_pool(const run_request& request, uint32_t threads, int32_t* status) {
  if (pool.busy.exchange(1, std::memory_order_acquire) != 0) return false;
  grow(threads - 1);
  pool.request = request;
  pool.next_step = 0;
  pool.threads = threads <= pool.num_workers + 1 ? threads : pool.num_workers + 1;
  publish_stage(pool.threads);
  pool.runs.publish(pool.runs.load() + 1);
  advance(0);
  for (uint64_t stage = pool.stage.load(); threads_of(stage) != 0; stage = pool.stage.load()) {
    work(stage, 0);
    pool.stage.wait_while(stage, spin_ns);
  }
  *status = pool.status;
  pool.busy.store(0, std::memory_order_release);
  return true;
}

}  // namespace coracle::CORACLE_ISA
