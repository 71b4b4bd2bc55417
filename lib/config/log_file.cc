// SPDX-License-Identifier: MIT
#include "config/log_file.h"

#include <fcntl.h>
#include <string.h>

#include <cerrno>
#include <string>

namespace a7600::config {

Result<UniqueFd> open_log_file(const Config& config) {
  if (config.log_file.empty()) return UniqueFd();
  UniqueFd fd(::open(config.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (fd) return fd;
  const int posix = errno;
  return Error{posix, -1,
               "A7600_LOG: \"" + config.log_file + "\" can't be written (" + strerror(posix) +
                   "); allowed: LEVEL:FILE with a file in a directory that is there and writable"};
}

}  // namespace a7600::config
