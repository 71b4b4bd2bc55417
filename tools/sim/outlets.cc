// SPDX-License-Identifier: MIT
#include "outlets.h"

namespace a7600::sim {

void Outlets::urc(int link, std::string_view line) {
  if (to_ != UrcsTo::kBoth) return of(link).out.urc(line);
  for (Outlet* outlet : outlets_) outlet->out.urc(line);
}

Outlet& Outlets::of(int link) const {
  Outlet* opener = nullptr;
  if (to_ == UrcsTo::kOpener && link >= 0) opener = openers_[static_cast<std::size_t>(link)];
  return opener != nullptr ? *opener : *outlets_.front();
}

}  // namespace a7600::sim
