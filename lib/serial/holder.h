// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"

namespace a7600::serial {

// Whether a process of that id runs, ours or not. One that has ended, and whose parent hasn't asked
// how, doesn't.
bool is_alive(pid_t pid);

// Waits until process `pid` has ended, but so long at `most`, and only for a child of ours. Whether
// it has.
bool outlives_child(pid_t pid, std::chrono::milliseconds most);

// Whether process `pid` has the character device of that stat(2) open. nullopt when its descriptors
// are not for us to see: another user's process, or it has just ended.
std::optional<bool> has_open(pid_t pid, const struct stat& device);

// When process `pid` began, by the wall clock as it is set now, since 1970. nullopt when that is
// hidden from us, or it has ended.
std::optional<std::chrono::nanoseconds> started_at(pid_t pid);

// Who holds `device`, a path without symbolic links: whoever has the flock(2) on it, else another
// process that has it open. nullopt when nobody does, or nobody that we may see.
std::optional<pid_t> find_holder(const std::string& device);

// EBUSY for `device`, naming `holder`'s program and pid when known, and what to do about it. With
// no holder known, ModemManager is named as the likely one if it runs and may have the device open.
Error in_use(const std::string& device, std::optional<pid_t> holder);

}  // namespace a7600::serial
