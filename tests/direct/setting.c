/* SPDX-License-Identifier: MIT */
/* setting MEMBER VALUE
 *
 * Calls a7600_open() with one member of a7600_config set. Exit 0 if that is accepted, 1 with the
 * errno's name if not, 2 for a member that there is not. */
#include <a7600/socket.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char* name;
  size_t offset;
} kTexts[] = {
    {"port", offsetof(a7600_config, port)},
    {"flow", offsetof(a7600_config, flow)},
    {"apn", offsetof(a7600_config, apn)},
    {"pin", offsetof(a7600_config, pin)},
    {"rx", offsetof(a7600_config, rx)},
    {"bypass", offsetof(a7600_config, bypass)},
    {"engine", offsetof(a7600_config, engine)},
    {"log", offsetof(a7600_config, log)},
    {"apn_user", offsetof(a7600_config, apn_user)},
    {"apn_password", offsetof(a7600_config, apn_password)},
    {"apn_auth", offsetof(a7600_config, apn_auth)},
    {"mode", offsetof(a7600_config, mode)},
    {"reset", offsetof(a7600_config, reset)},
};

static int set(a7600_config* config, const char* member, const char* value) {
  if (strcmp(member, "baud") == 0) {
    config->baud = atoi(value);
    return 1;
  }
  if (strcmp(member, "connect_timeout") == 0) {
    config->connect_timeout = atoi(value);
    return 1;
  }
  for (size_t i = 0; i < sizeof kTexts / sizeof *kTexts; ++i) {
    if (strcmp(member, kTexts[i].name) != 0) continue;
    memcpy((char*)config + kTexts[i].offset, &value, sizeof value);
    return 1;
  }
  return 0;
}

int main(int argc, char** argv) {
  a7600_config config = {0};
  if (argc != 3 || !set(&config, argv[1], argv[2])) return 2;
  if (a7600_open(&config) == 0) return 0;
  puts(strerrorname_np(errno));
  return 1;
}
