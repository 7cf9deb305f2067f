// Puts the weights of a recurrent op into the order in which products read them: a unit's gates side by side.
#include "kernels/conv/tools.h"
#include "simd/simd.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: matrix [directions, all_gates * hidden, depth], out. Vectors go by direction, block of units, gate from
// first_gate on; panel_vectors of them make a panel [depth][vector], and the last panel has the vectors it needs.
// Units past the last are zeros. One task is one panel.
struct PackRecurrentParams {
  int32_t directions, all_gates, first_gate, gates, hidden, depth, panel_vectors;
};

// Column `vector` of a panel of `vectors`.
void pack_vector(const PackRecurrentParams& p, const float* matrix, int index, float* out, intptr_t out_row) {
  constexpr int width = f32v::width;
  const int blocks = ceil_div(p.hidden, width);
  const int gate = p.first_gate + index % p.gates, block = index / p.gates % blocks, d = index / p.gates / blocks;
  const int lanes = min_int(width, p.hidden - block * width);
  const float* rows = matrix + (static_cast<intptr_t>(d * p.all_gates + gate) * p.hidden + block * width) * p.depth;
  for (int k = 0; k < p.depth; ++k, out += out_row) {
    for (int i = 0; i < lanes; ++i) out[i] = rows[static_cast<intptr_t>(i) * p.depth + k];
    for (int i = lanes; i < width; ++i) out[i] = 0;
  }
}

// args: b [directions, 2 * gates * hidden] (of the input product, then of the recurrent one), out: the sum of both
// [directions][block][gate][lane]. keeps_last: the last gate's second part is kept apart, behind, as
// [directions][block][lane]. Lanes past the last unit are zeros. One task is one direction.
struct PackBiasParams {
  int32_t directions, gates, hidden, keeps_last;
};

}  // namespace

void f32_recurrent_pack(const coracle_call* call, int32_t begin, int32_t end) {
  const PackRecurrentParams& p = params<PackRecurrentParams>(call);
  const int vectors = p.directions * ceil_div(p.hidden, f32v::width) * p.gates;
  for (int task = begin; task < end; ++task) {
    const int first = task * p.panel_vectors, count = min_int(p.panel_vectors, vectors - first);
    float* out = arg<float>(call, 1) + static_cast<intptr_t>(first) * f32v::width * p.depth;
    for (int v = 0; v < count; ++v) {
      pack_vector(p, arg<const float>(call, 0), first + v, out + v * f32v::width, count * f32v::width);
    }
  }
}

void f32_recurrent_pack_bias(const coracle_call* call, int32_t begin, int32_t end) {
  const PackBiasParams& p = params<PackBiasParams>(call);
  constexpr int width = f32v::width;
  const int padded = ceil_div(p.hidden, width) * width;
  for (int d = begin; d < end; ++d) {
    const float* of_input = arg<const float>(call, 0) + static_cast<intptr_t>(d) * 2 * p.gates * p.hidden;
    const float* of_hidden = of_input + p.gates * p.hidden;
    float* sums = arg<float>(call, 1) + static_cast<intptr_t>(d) * p.gates * padded;
    float* kept = arg<float>(call, 1) + static_cast<intptr_t>(p.directions) * p.gates * padded + d * padded;
    for (int gate = 0; gate < p.gates; ++gate) {
      const bool keeps = p.keeps_last && gate == p.gates - 1;
      for (int j = 0; j < padded; ++j) {
        const int from = gate * p.hidden + j;
        const bool is_unit = j < p.hidden;
        const float second = is_unit ? of_hidden[from] : 0;
        sums[(j / width * p.gates + gate) * width + j % width] = is_unit ? of_input[from] + (keeps ? 0 : second) : 0;
        if (keeps) kept[j] = second;
      }
    }
  }
}

}  // namespace coracle::CORACLE_ISA
