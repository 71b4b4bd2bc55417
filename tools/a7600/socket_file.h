// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/config.h"

namespace a7600::tool {

// A control socket in the file system, by which programs find a shared engine.
//
// Its directory is made with mode 0700, or 0750 for a group; one that exists has to be a directory
// (not a link) of this user's or root's that nobody else can write to. Links are not followed: the
// socket is made by way of the open directory. A socket that a dead engine has left is replaced.
class SocketFile {
 public:
  struct Access {
    std::optional<mode_t> mode;  // of the socket; 0600, or 0660 for a group
    std::optional<gid_t> group;
  };

  // EADDRINUSE: another engine takes calls there. Other errors: why the directory or the socket
  // can't be used.
  static Result<SocketFile> create(const std::string& path, const Access& access);

  SocketFile(SocketFile&&) = default;
  SocketFile& operator=(SocketFile&&) = delete;
  // Removes the file if this process has made it and it is still there.
  ~SocketFile() { remove(); }
  void remove();
  // The file is this process's to remove; or another's: after a fork, one of each.
  void adopt();
  void disown() { owner_ = 0; }

  const std::string& path() const { return path_; }
  int listener() const { return listener_.get(); }

 private:
  SocketFile() = default;
  std::string path_;
  std::string name_;
  UniqueFd directory_;
  UniqueFd listener_;
  ino_t inode_ = 0;
  pid_t owner_ = 0;
};

// A listening control socket at an abstract address.
Result<UniqueFd> listen_at(const std::string& address);

// The path that an engine for `config` uses unless told otherwise: in $XDG_RUNTIME_DIR/a7600 when
// that is set, else in /run/a7600; named after the device that `port` is.
Result<std::string> default_path(const config::Config& config, const std::string& port);

}  // namespace a7600::tool
