// SPDX-License-Identifier: MIT
#pragma once

#include "real.h"

// A hook: the only symbols of the library that anybody sees.
#define A7600_HOOK extern "C" __attribute__((visibility("default")))
