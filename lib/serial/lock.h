// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace a7600::serial {

// Where programs that use serial ports keep their lock files: /var/lock, or /run/lock.
std::string lock_directory();

// "LCK..ttyUSB2" for /dev/ttyUSB2, "LCK..pts_5" for /dev/pts/5: as picocom and ser2net name them.
std::string lock_file_name(const std::string& device);

// EBUSY for a device that another process holds, named after its lock file in `directory` or else
// found in /proc.
Error device_in_use(const std::string& device, const std::string& directory = lock_directory());

// Holds a device against other programs, in three ways, since none reaches all of them:
// - flock(2) on the descriptor decides between processes of ours; it works on PTYs and for root,
//   and ends with the process, however that ends;
// - TIOCEXCL makes the kernel refuse anybody else's open(2), except root's. Not on a PTY: there it
//   would last until the *other* side is closed, past a crash of ours (seen on Linux 6.18);
// - the UUCP lock file is what minicom, picocom, pppd and others look at. It is left out when its
//   directory can't be written. One whose process is gone is taken over, and so is one whose pid
//   was given to another process since: that doesn't have the device open or, where its descriptors
//   are hidden from us, has begun after the file was written. A file of the last ten seconds
//   counts in any case, for its program may be about to open the device.
class DeviceLock {
 public:
  // Locks `device`, which is open as `fd`. The descriptor stays the caller's and must outlive the
  // lock. EBUSY when another process, or this one, holds it already; nothing is held then.
  static Result<DeviceLock> acquire(int fd, const std::string& device, bool is_pty,
                                    const std::string& directory = lock_directory());

  DeviceLock(DeviceLock&& other) noexcept;
  DeviceLock& operator=(DeviceLock&&) = delete;
  ~DeviceLock() { release(); }

  // Gives the lock back. In a forked child it does nothing: the lock is the parent's.
  void release();
  bool is_ours() const;
  // There was a lock file of a process that has ended without giving it back.
  bool was_abandoned() const { return abandoned_; }
  // Leaves the lock file behind, where there is one: what was begun on the device is not done.
  void abandon() { file_.clear(); }

 private:
  struct File {
    std::string path;  // empty: none
    bool abandoned = false;
  };
  static std::optional<File> acquire_file(const std::string& device, const std::string& directory);

  DeviceLock(int fd, bool exclusive, File file);

  int fd_;
  bool exclusive_;    // TIOCEXCL is set
  std::string file_;  // the UUCP lock file; empty: none
  bool abandoned_;
  pid_t owner_;
};

}  // namespace a7600::serial
