// SPDX-License-Identifier: MIT
//
// Preloaded together with a sanitizer's runtime, and linked with -z initfirst: the runtime gets its
// first call here. It would get it from whichever library allocates first, p11-kit's for one while
// it holds the C library's lock of locales, which the runtime then asks for a second time (seen in
// curl and wget, which hung in setlocale).
#include <stdlib.h>

__attribute__((constructor)) static void wake(void) {
  void* volatile memory = malloc(1);
  free(memory);
}
