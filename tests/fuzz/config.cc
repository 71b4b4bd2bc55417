// SPDX-License-Identifier: MIT
//
// The environment and the config file: any values. A wrong one is one sentence.
#include "config/config.h"

#include "config/file.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace a7600;
  fuzz::Input input(data, size);
  static constexpr std::string_view kNames[] = {
      "A7600_PORT",   "A7600_BAUD",  "A7600_FLOW", "A7600_APN",
      "A7600_PIN",    "A7600_RX",    "A7600_MODE", "A7600_BYPASS",
      "A7600_ENGINE", "A7600_TRACE", "A7600_LOG",  "A7600_CONNECT_TIMEOUT"};
  const std::string_view name = kNames[input.number(std::size(kNames))];
  const std::string value(input.text());
  const auto loaded = config::load([&](std::string_view asked) -> std::optional<std::string> {
    if (asked == "A7600_CONFIG") return "/dev/null";
    if (asked == name) return value;
    return std::nullopt;
  });
  if (!loaded) {
    const std::string& text = loaded.error().text;
    fuzz::require(text.find(name) != std::string::npos, "the sentence names the variable");
    fuzz::require(text.find('\n') == std::string::npos, "it is one line");
  } else {
    const auto& config = loaded.value();
    fuzz::require(config.baud >= 300 && config.baud <= 4'000'000, "a rate in range");
    fuzz::require(config.connect_timeout.count() >= 3 && config.connect_timeout.count() <= 120,
                  "a timeout in range");
  }
  static_cast<void>(config::parse_file("a7600.conf", input.rest()));
  return 0;
}
