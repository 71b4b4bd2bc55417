// SPDX-License-Identifier: MIT
#pragma once

#include "faults.h"
#include "line.h"
#include "loop.h"
#include "output.h"

namespace a7600::sim {

// What the faults put between the module's lines: noise, blank lines, and URCs that nobody asked
// for.
class Mischief final : public SeamListener {
 public:
  Mischief(Loop& loop, Faults& faults, Line& line, Output& output);

  void at(Seam seam) override;
  // The faults have been set or cleared.
  void refresh();

 private:
  void unrelated_urc();
  void schedule_chatter();

  Faults& faults_;
  Line& line_;
  Output& output_;
  Timer chatter_;
};

}  // namespace a7600::sim
