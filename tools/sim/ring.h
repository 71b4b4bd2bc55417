// SPDX-License-Identifier: MIT
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

namespace a7600::sim {

// A bounded queue of bytes that a socket is read into and the host is answered from, both without a
// copy in between. Its memory is taken at the first use.
class Ring {
 public:
  explicit Ring(std::size_t capacity) : capacity_(capacity) {}

  std::size_t capacity() const { return capacity_; }
  std::size_t size() const { return size_; }
  std::size_t room() const { return capacity_ - size_; }
  bool empty() const { return size_ == 0; }

  // The free space, in the order in which it is to be filled; then added() says how much was.
  std::array<iovec, 2> space() {
    if (!bytes_) bytes_ = std::make_unique<char[]>(capacity_);
    const std::size_t tail = (head_ + size_) % capacity_;
    const std::size_t first = std::min(room(), capacity_ - tail);
    return {iovec{bytes_.get() + tail, first}, iovec{bytes_.get(), room() - first}};
  }
  void added(std::size_t count) { size_ += count; }

  // Appends what fits and says how much that was.
  std::size_t append(std::string_view bytes) {
    std::size_t done = 0;
    for (const iovec& piece : space()) {
      const std::size_t count = std::min(piece.iov_len, bytes.size() - done);
      std::copy_n(bytes.data() + done, count, static_cast<char*>(piece.iov_base));
      done += count;
    }
    added(done);
    return done;
  }

  // The first `count` bytes, in two pieces. REQUIRES: count <= size().
  std::array<std::string_view, 2> front(std::size_t count) const {
    const std::size_t first = std::min(count, capacity_ - head_);
    return {std::string_view(bytes_.get() + head_, first),
            std::string_view(bytes_.get(), count - first)};
  }
  // REQUIRES: count <= size().
  void drop(std::size_t count) {
    head_ = (head_ + count) % capacity_;
    size_ -= count;
  }
  void clear() { head_ = size_ = 0; }

 private:
  std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace a7600::sim
