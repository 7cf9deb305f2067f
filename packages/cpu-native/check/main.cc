// check [NAME...]: runs the checks whose names contain one of the arguments, or all of them and then the row count.
#include <stdarg.h>

#include "check/check.h"

namespace coracle::CORACLE_ISA::check {
namespace {

registration* first_registration = nullptr;
const char* current = "";
int failures_of_current = 0;
int num_failures = 0;
thread_local uint64_t random_state = 0x9e3779b97f4a7c15ull;

std::vector<bool>& visited_rows() {
  static std::vector<bool> rows(num_kernels, false);
  return rows;
}

uint32_t find_row(const char* kernel) {
  for (uint32_t i = 0; i < num_kernels; i++) {
    if (strcmp(kernel_table[i].name, kernel) == 0) return i;
  }
  return num_kernels;
}

bool is_selected(const char* name, int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    if (strstr(name, argv[i]) != nullptr) return true;
  }
  return argc == 1;
}

void require_every_row() {
  current = "kernels.def";
  failures_of_current = 0;
  for (uint32_t i = 0; i < num_kernels; i++) {
    if (!visited_rows()[i]) fail("no check calls %s (%s)", kernel_table[i].name, kernel_table[i].family);
  }
}

}  // namespace

registration::registration(const char* name, void (*run)()) : name(name), run(run), next(first_registration) {
  first_registration = this;
}

void fail(const char* format, ...) {
  num_failures++;
  if (++failures_of_current > 20) return;
  va_list args;
  va_start(args, format);
  fprintf(stderr, "  %s: ", current);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
}

uint32_t random_u32() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return static_cast<uint32_t>(random_state >> 32);
}

float random_float(float low, float high) {
  return low + (high - low) * static_cast<float>(random_u32() >> 8) * 0x1p-24f;
}

int random_int(int low, int high) {
  return low + static_cast<int>(random_u32() % (static_cast<uint32_t>(high - low) + 1));
}

void call_words(const char* kernel, std::initializer_list<const void*> args, const int32_t* params, int32_t tasks,
                size_t scratch_bytes) {
  const uint32_t row = find_row(kernel);
  if (row == num_kernels) return fail("no row \"%s\" in kernels.def", kernel);
  visited_rows()[row] = true;
  std::vector<void*> pointers;
  for (const void* arg : args) pointers.push_back(const_cast<void*>(arg));
  for (int32_t end = tasks; end > 0;) {
    const int32_t begin = end - random_int(1, end);
    buffer<uint8_t> scratch(scratch_bytes);
    const coracle_call call = {pointers.data(), params, scratch.data()};
    kernel_table[row].fn(&call, begin, end);
    end = begin;
  }
}

bool is_close(double got, double want, double relative, double absolute) {
  if (isnan(want)) return isnan(got);
  if (isinf(want) || isinf(got)) return got == want;
  return fabs(got - want) <= absolute + relative * fabs(want);
}

void expect_close(const char* what, const float* got, const float* want, size_t n, double relative, double absolute) {
  size_t first = n, count = 0;
  for (size_t i = 0; i < n; i++) {
    if (is_close(static_cast<double>(got[i]), static_cast<double>(want[i]), relative, absolute)) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return;
  fail("%s[%zu]: %.9g, expected %.9g (%zu of %zu differ)", what, first, static_cast<double>(got[first]),
       static_cast<double>(want[first]), count, n);
}

int run(int argc, char** argv) {
  int num_checks = 0;
  for (const registration* r = first_registration; r != nullptr; r = r->next) {
    if (!is_selected(r->name, argc, argv)) continue;
    current = r->name;
    failures_of_current = 0;
    r->run();
    num_checks++;
  }
  if (argc == 1) require_every_row();
  if (num_checks == 0) fail("no check matches");
#define CORACLE_TEXT(x) #x
#define CORACLE_LEVEL(x) CORACLE_TEXT(x)
  printf("check %s: %d checks, %u kernels, %d failures\n", CORACLE_LEVEL(CORACLE_ISA), num_checks, num_kernels,
         num_failures);
  return num_failures == 0 ? 0 : 1;
}

}  // namespace coracle::CORACLE_ISA::check

int main(int argc, char** argv) { return coracle::CORACLE_ISA::check::run(argc, argv); }
