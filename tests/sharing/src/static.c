// SPDX-License-Identifier: MIT
// A program without a dynamic linker, which nothing can be preloaded into.
int main(void) { return 0; }
