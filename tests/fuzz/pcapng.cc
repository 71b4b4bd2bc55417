// SPDX-License-Identifier: MIT
//
// A trace file of any bytes: read to its end or to an error, in bounded memory.
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "input.h"
#include "trace/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace a7600;
  UniqueFd file(::memfd_create("trace", MFD_CLOEXEC));
  if (::write(file.get(), data, size) < 0) return 0;
  ::lseek(file.get(), 0, SEEK_SET);
  trace::Reader reader(std::move(file), "trace");
  trace::Item item;
  std::size_t items = 0;
  auto step = reader.next(item);
  for (; step == trace::Reader::Step::kItem; step = reader.next(item)) {
    fuzz::require(item.bytes.size() <= size, "no more than the file holds");
    fuzz::require(++items <= size, "every item takes room");
  }
  if (step == trace::Reader::Step::kBad) {
    fuzz::require(!reader.error().empty(), "an error has a sentence");
  } else {
    static_cast<void>(reader.check_end());
  }
  return 0;
}
