#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/check.h"
#include "runtime/step.h"

namespace coracle::CORACLE_ISA::check {
namespace {

constexpr int width = f32v::width;

uint32_t row_of(const char* name) {
  for (uint32_t i = 0; i < num_kernels; i++) {
    if (strcmp(kernel_table[i].name, name) == 0) return i;
  }
  fail("no row \"%s\" in kernels.def", name);
  return 0;
}

// A chain of reorders to and fro whose result is its input. Every value between has a place of its own in the arena,
// NaN before the run, so that a step that starts early shows. Strips are so small that tasks are many.
class chain {
 public:
  chain(int num_pairs, int channels, int pixels)
      : channels_(channels),
        pixels_(pixels),
        slot_(static_cast<size_t>((channels + width - 1) / width * width) * static_cast<size_t>(pixels)),
        arena_(slot_ * 2 * static_cast<size_t>(num_pairs)),
        input_(static_cast<size_t>(channels) * static_cast<size_t>(pixels), 1),
        output_(input_.size(), 3) {
    input_.fill_random(-1, 1);
    for (int i = 0; i < num_pairs; i++) {
      add(row_of("f32_reorder_to_blocked"), i == 0 ? io(0) : slot(2 * i - 1), slot(2 * i), i);
      add(row_of("f32_reorder_from_blocked"), slot(2 * i), i + 1 == num_pairs ? io(1) : slot(2 * i + 1), i);
    }
  }

  int32_t run(int32_t threads, const int32_t* cancel = nullptr, double* step_ns = nullptr) {
    memset(arena_.data(), 0xff, arena_.size() * sizeof(float));
    memset(output_.data(), 0xff, output_.size() * sizeof(float));
    void* const io[] = {input_.data(), output_.data()};
    const coracle_plan plan = {steps_.data(), args_.data(), params_.data(), static_cast<uint32_t>(steps_.size()), 64};
    std::vector<char> scratch(static_cast<size_t>(threads) * 64 + 64);
    return coracle_run(&plan, arena_.data(), scratch.data(), io, cancel, step_ns, threads);
  }

  void expect_result() const { expect_equal("chain", output_.data(), input_.data(), input_.size()); }
  size_t num_steps() const { return steps_.size(); }
  std::vector<coracle_step>& steps() { return steps_; }

 private:
  static uint64_t io(uint64_t index) { return 2ull << 56 | index << 40; }
  uint64_t slot(int index) const { return static_cast<uint64_t>(index) * slot_ * sizeof(float); }

  // One step in three is a single task.
  void add(uint32_t kernel, uint64_t from, uint64_t to, int number) {
    const int strip = number % 3 == 2 ? pixels_ : width * (1 + number % 4);
    const int blocks = (channels_ + width - 1) / width;
    const int tasks = blocks * ((pixels_ + strip - 1) / strip);
    steps_.push_back({kernel, static_cast<uint32_t>(args_.size()), 2, static_cast<uint32_t>(params_.size()),
                      static_cast<uint32_t>(tasks), 64});
    args_.insert(args_.end(), {from, to});
    params_.insert(params_.end(), {1, channels_, pixels_, strip});
  }

  int channels_, pixels_;
  size_t slot_;
  buffer<float> arena_, input_, output_;
  std::vector<coracle_step> steps_;
  std::vector<uint64_t> args_;
  std::vector<int32_t> params_;
};

void* run_chains(void* seed) {
  const int number = static_cast<int>(reinterpret_cast<uintptr_t>(seed));
  chain work(6, width * (1 + number % 2), 40 + number * 17);
  for (int i = 0; i < 60; i++) {
    if (work.run(1 + (number + i) % 5) != CORACLE_OK) fail("run of caller %d", number);
    work.expect_result();
  }
  return nullptr;
}

}  // namespace

CORACLE_CHECK(runtime_steps_wait_for_each_other) {
  chain work(30, width * 2, 300);
  for (int threads = 1; threads <= 8; threads++) {
    for (int i = 0; i < 20; i++) {
      if (work.run(threads) != CORACLE_OK) fail("%d threads", threads);
      work.expect_result();
    }
  }
}

CORACLE_CHECK(runtime_one_task_chain) {
  chain work(9, 1, width);
  for (int threads = 1; threads <= 3; threads++) {
    if (work.run(threads) != CORACLE_OK) fail("%d threads", threads);
    work.expect_result();
  }
}

CORACLE_CHECK(runtime_more_tasks_than_units) {
  chain work(1, width, 200000 * width);
  if (work.run(3) != CORACLE_OK) fail("run");
  work.expect_result();
}

CORACLE_CHECK(runtime_callers_at_once) {
  pthread_t callers[4];
  for (uintptr_t i = 0; i < 4; i++) pthread_create(&callers[i], nullptr, run_chains, reinterpret_cast<void*>(i));
  for (pthread_t caller : callers) pthread_join(caller, nullptr);
}

CORACLE_CHECK(runtime_cancel) {
  chain work(4, width, 64);
  const int32_t cancel = 1;
  for (int threads = 1; threads <= 2; threads++) {
    if (work.run(threads, &cancel) != CORACLE_CANCELLED) fail("%d threads: not cancelled", threads);
  }
  if (work.run(2) != CORACLE_OK) fail("a run after a cancelled one");
  work.expect_result();
}

CORACLE_CHECK(runtime_refuses) {
  chain work(2, width, 64);
  work.steps()[1].kernel = num_kernels;
  for (int threads = 1; threads <= 2; threads++) {
    if (work.run(threads) != CORACLE_BAD_KERNEL) fail("%d threads: unknown kernel", threads);
  }
  chain other(2, width, 64);
  other.steps()[0].num_args = CORACLE_MAX_ARGS + 1;
  if (other.run(2) != CORACLE_BAD_ARGUMENT) fail("too many arguments");
  chain third(2, width, 64);
  if (third.run(CORACLE_MAX_THREADS + 1) != CORACLE_BAD_ARGUMENT) fail("too many threads");
  third.steps()[0].scratch_bytes = 65;
  if (third.run(1) != CORACLE_BAD_ARGUMENT) fail("scratch over the plan's largest");
}

CORACLE_CHECK(runtime_times_steps) {
  chain work(3, width * 2, 5000);
  for (int threads = 1; threads <= 2; threads++) {
    std::vector<double> step_ns(work.num_steps(), 0.0);
    work.run(threads, nullptr, step_ns.data());
    for (size_t i = 0; i < step_ns.size(); i++) {
      if (!(step_ns[i] > 0 && step_ns[i] < 1e9)) fail("step %zu took %g ns", i, step_ns[i]);
    }
  }
}

CORACLE_CHECK(runtime_keeps_denormals_of_the_caller) {
  const unsigned before = _mm_getcsr();
  chain work(1, width, 64);
  work.run(2);
  if (_mm_getcsr() != before) fail("the caller's floating-point state changed");
}

// A child has no workers of its parent; it starts its own.
CORACLE_CHECK(runtime_fork) {
#if !defined(__SANITIZE_THREAD__)
  chain work(3, width * 2, 300);
  work.run(2);
  const int child = fork();
  if (child == 0) {
    alarm(20);
    const bool is_good = work.run(2) == CORACLE_OK;
    _exit(is_good ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  if (status != 0) fail("the child ended with %d", status);
#endif
}

}  // namespace coracle::CORACLE_ISA::check
