#include <algorithm>
#include <memory>
#include <utility>

#include "check/conv_case.h"

namespace coracle::CORACLE_ISA::check {
namespace {

struct Map {
  int channels;
  std::vector<int> picks;  // of an output: channels through the inputs, -1 for zeros
};

int random_pick(int style, int total, int i) {
  if (style == 0) return i % total;
  if (style == 1) return (i + 3) % total;
  return random_int(-1, total - 1);
}

// The words behind the params for one output block; appends its moves.
void add_block(const std::vector<int>& lanes, const std::vector<std::pair<int, int>>& places,
               std::vector<int32_t>& block, std::vector<int32_t>& moves) {
  constexpr int width = f32v::width, size = width + 3;
  const size_t first = moves.size();
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    if (lanes[lane] < 0) continue;
    const auto [arg, channel] = places[lanes[lane]];
    size_t at = first;
    while (at < moves.size() && (moves[at] != arg || moves[at + 1] != channel / width)) at += size;
    if (at == moves.size()) {
      moves.insert(moves.end(), {arg, channel / width, 0});
      moves.insert(moves.end(), width, -1);
    }
    moves[at + 3 + lane] = channel % width;
  }
  bool is_copy = moves.size() == first + size && lanes.size() == width;
  for (int i = 0; is_copy && i < width; ++i) is_copy = moves[first + 3 + i] == i;
  if (is_copy) moves[first + 2] = 1;
  block.push_back(static_cast<int32_t>(first / size));
  block.push_back(static_cast<int32_t>((moves.size() - first) / size));
}

void check_channels(int batch, int pixels, const std::vector<int>& inputs, std::vector<Map> outputs) {
  constexpr int width = f32v::width;
  std::vector<std::vector<float>> plain;
  std::vector<std::unique_ptr<buffer<float>>> maps;
  std::vector<std::pair<int, int>> places;
  std::vector<int32_t> input_blocks, block_words, moves;
  for (int channels : inputs) {
    std::vector<float> x(static_cast<size_t>(batch) * channels * pixels);
    for (float& value : x) value = random_float(-1, 1);
    maps.push_back(std::make_unique<buffer<float>>(static_cast<size_t>(batch) * blocks_of(channels) * width * pixels));
    to_blocked(x.data(), batch, channels, pixels, maps.back()->data());
    for (int c = 0; c < channels; ++c) places.push_back({static_cast<int>(plain.size()), c});
    input_blocks.push_back(blocks_of(channels));
    plain.push_back(x);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::vector<int>& picks = outputs[i].picks;
    const int blocks = blocks_of(outputs[i].channels);
    for (int b = 0; b < blocks; ++b) {
      const size_t end = std::min<size_t>(picks.size(), static_cast<size_t>(b + 1) * width);
      block_words.insert(block_words.end(), {static_cast<int32_t>(inputs.size() + i), b, blocks});
      add_block({picks.begin() + b * width, picks.begin() + end}, places, block_words, moves);
    }
    maps.push_back(std::make_unique<buffer<float>>(static_cast<size_t>(batch) * blocks * width * pixels));
  }
  const int num_blocks = static_cast<int>(block_words.size() / 5), strip = random_int(1, pixels);
  std::vector<int32_t> words = {batch, pixels, strip, static_cast<int32_t>(inputs.size()), num_blocks};
  for (const auto* part : {&input_blocks, &block_words, &moves}) words.insert(words.end(), part->begin(), part->end());
  const void* p[7] = {};
  for (size_t i = 0; i < maps.size(); ++i) p[i] = maps[i]->data();
  call_words("f32_channels_blocked", {p[0], p[1], p[2], p[3], p[4], p[5], p[6]}, words.data(),
             batch * num_blocks * ((pixels + strip - 1) / strip), 0);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Map& map = outputs[i];
    std::vector<float> got(static_cast<size_t>(batch) * map.channels * pixels), want(got.size());
    from_blocked(maps[inputs.size() + i]->data(), batch, map.channels, pixels, got.data());
    for (int n = 0; n < batch; ++n)
      for (int c = 0; c < map.channels; ++c)
        for (int x = 0; x < pixels && map.picks[c] >= 0; ++x) {
          const auto [arg, from] = places[map.picks[c]];
          want[(static_cast<size_t>(n) * map.channels + c) * pixels + x] =
              plain[arg][(static_cast<size_t>(n) * inputs[arg] + from) * pixels + x];
        }
    expect_equal("channels", got.data(), want.data(), got.size());
  }
}

}  // namespace

CORACLE_CHECK(movement_channels) {
  for (int i = 0; i < 200; ++i) {
    std::vector<int> inputs;
    int total = 0;
    for (int k = random_int(1, 4); k > 0; --k) {
      inputs.push_back(random_int(1, 40));
      total += inputs.back();
    }
    std::vector<Map> outputs;
    for (int k = random_int(1, 3); k > 0; --k) {
      Map map = {random_int(1, 50), {}};
      for (int c = 0; c < map.channels; ++c) map.picks.push_back(random_pick(i % 3, total, c));
      outputs.push_back(map);
    }
    check_channels(random_int(1, 2), random_int(1, 30), inputs, outputs);
  }
}

}  // namespace coracle::CORACLE_ISA::check
