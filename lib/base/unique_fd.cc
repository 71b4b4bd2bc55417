// SPDX-License-Identifier: MIT
#include "base/unique_fd.h"

#include <cerrno>

namespace a7600 {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) {
    const int saved = errno;
    sys::close(fd_);
    errno = saved;
  }
  fd_ = fd;
}

}  // namespace a7600
