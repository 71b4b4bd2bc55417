// SPDX-License-Identifier: MIT
//
// What stands in for libFuzzer where there is none: runs a fuzzer over every file of its corpus,
// then for some seconds over mutations of them. Its inputs are the same in every run, as far as the
// time reaches.
//
//     fuzz_chat corpus/chat 5
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <vector>

#include "input.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes* g_input = nullptr;

// What was not so (input.h) has been said; here the input for it, to be kept (xxd -r -p).
void show_input(int) {
  for (const std::uint8_t byte : *g_input) std::fprintf(stderr, "%02x", byte);
  std::fputc('\n', stderr);
}

void run(const Bytes& input) {
  g_input = &input;
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

Bytes mutation(const std::vector<Bytes>& corpus, std::mt19937& dice) {
  const auto below = [&dice](std::size_t most) { return most == 0 ? 0 : dice() % most; };
  Bytes bytes = corpus[below(corpus.size())];
  for (std::size_t times = 1 + below(6); times > 0; --times) {
    const std::size_t at = below(bytes.size() + 1);
    const auto position = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(5)) {
      case 0:
        bytes.insert(position, static_cast<std::uint8_t>(dice()));
        break;
      case 1:
        if (at < bytes.size()) bytes.erase(position);
        break;
      case 2:
        if (at < bytes.size()) *position = static_cast<std::uint8_t>(dice());
        break;
      case 3:
        bytes.resize(at);
        break;
      default: {
        const Bytes& other = corpus[below(corpus.size())];
        const std::size_t from = below(other.size());
        const std::size_t size = below(other.size() - from + 1);
        const auto piece = other.begin() + static_cast<std::ptrdiff_t>(from);
        bytes.insert(position, piece, piece + static_cast<std::ptrdiff_t>(size));
        if (bytes.size() > 8192) bytes.resize(8192);
      }
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::signal(SIGABRT, show_input);
  // In order of their names: a folder has none, and the mutations follow from it.
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) paths.insert(entry.path());
  std::vector<Bytes> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  if (corpus.empty()) return 2;
  for (const Bytes& input : corpus) run(input);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[2]));
  std::mt19937 dice(1);
  std::size_t runs = corpus.size();
  for (; std::chrono::steady_clock::now() < end; ++runs) run(mutation(corpus, dice));
  std::printf("%zu inputs\n", runs);
  return 0;
}
