// Channels of blocked maps into new maps in any order: concatenation, split, shuffle and padding of channels.
#include "kernels/conv/tools.h"

namespace coracle::CORACLE_ISA {
namespace {

// args: num_inputs maps, then the outputs, all [batch][blocks][pixels][width]. One task: a strip of pixels of one
// output block of one image. Behind the struct: the blocks of each input; then for each output block OutBlock; then the
// moves.
struct ChannelsParams {
  int32_t batch, pixels, pixels_per_task, num_inputs, num_blocks;
};

// Block `block` of output args[arg], whose images have `blocks` of them.
struct OutBlock {
  int32_t arg, block, blocks, first_move, num_moves;
};

// Lane i of the output is lane lanes[i] of block `block` of args[arg] where lanes[i] is not negative. The lanes of no
// move are 0. is_copy: all lanes stay where they are.
struct Move {
  int32_t arg, block, is_copy;
  int32_t lanes[f32v::width];
};

#if CORACLE_WIDTH == 16
struct Lanes {
  __mmask16 mask;
  __m512i from;
};
CORACLE_INLINE Lanes lanes_of(const Move& m) {
  const __m512i from = _mm512_loadu_si512(m.lanes);
  return {_mm512_cmpge_epi32_mask(from, _mm512_setzero_si512()), from};
}
CORACLE_INLINE f32v move_lanes(const Lanes& lanes, const float* x, f32v to) {
  return {_mm512_mask_permutexvar_ps(to.v, lanes.mask, lanes.from, _mm512_loadu_ps(x))};
}
#elif CORACLE_WIDTH == 8
struct Lanes {
  __m256i from;
};
CORACLE_INLINE Lanes lanes_of(const Move& m) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(m.lanes))}; }
CORACLE_INLINE f32v move_lanes(const Lanes& lanes, const float* x, f32v to) {
  const __m256 moved = _mm256_permutevar8x32_ps(_mm256_loadu_ps(x), lanes.from);
  return {_mm256_blendv_ps(moved, to.v, _mm256_castsi256_ps(lanes.from))};
}
#else
struct Lanes {
  const int32_t* from;
};
CORACLE_INLINE Lanes lanes_of(const Move& m) { return {m.lanes}; }
CORACLE_INLINE f32v move_lanes(const Lanes& lanes, const float* x, f32v to) {
  float y[f32v::width];
  store(y, to);
  for (int i = 0; i < f32v::width; ++i)
    if (lanes.from[i] >= 0) y[i] = x[lanes.from[i]];
  return load(y);
}
#endif

void move_pixels(const Move* moves, const float* const* x, int count, float* out, int pixels) {
  constexpr int width = f32v::width;
  if (count == 1) {
    const Lanes first = lanes_of(moves[0]);
    for (int i = 0; i < pixels * width; i += width) store(out + i, move_lanes(first, x[0] + i, zero()));
  } else if (count == 2) {
    const Lanes first = lanes_of(moves[0]), second = lanes_of(moves[1]);
    for (int i = 0; i < pixels * width; i += width)
      store(out + i, move_lanes(second, x[1] + i, move_lanes(first, x[0] + i, zero())));
  } else {
    for (int i = 0; i < pixels * width; i += width) {
      f32v y = zero();
      for (int k = 0; k < count; ++k) y = move_lanes(lanes_of(moves[k]), x[k] + i, y);
      store(out + i, y);
    }
  }
}

}  // namespace

void f32_channels_blocked(const coracle_call* call, int32_t begin, int32_t end) {
  constexpr int width = f32v::width;
  const ChannelsParams& p = params<ChannelsParams>(call);
  const int32_t* input_blocks = call->params + sizeof(ChannelsParams) / sizeof(int32_t);
  const OutBlock* out_blocks = reinterpret_cast<const OutBlock*>(input_blocks + p.num_inputs);
  const Move* all_moves = reinterpret_cast<const Move*>(out_blocks + p.num_blocks);
  const int strips = ceil_div(p.pixels, p.pixels_per_task);
  const intptr_t plane = static_cast<intptr_t>(p.pixels) * width;
  for (int task = begin; task < end; ++task) {
    const intptr_t image = task / strips / p.num_blocks;
    const OutBlock& to = out_blocks[task / strips % p.num_blocks];
    const int pixel = task % strips * p.pixels_per_task, pixels = min_int(p.pixels_per_task, p.pixels - pixel);
    const intptr_t at = static_cast<intptr_t>(pixel) * width;
    float* out = arg<float>(call, to.arg) + (image * to.blocks + to.block) * plane + at;
    const Move* moves = all_moves + to.first_move;
    const float* x[width];
    for (int i = 0; i < to.num_moves; ++i)
      x[i] = arg<const float>(call, moves[i].arg) + (image * input_blocks[moves[i].arg] + moves[i].block) * plane + at;
    if (to.num_moves == 1 && moves[0].is_copy)
      memcpy(out, x[0], sizeof(float) * width * pixels);
    else
      move_pixels(moves, x, to.num_moves, out, pixels);
  }
}

}  // namespace coracle::CORACLE_ISA
