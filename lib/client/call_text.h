// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <string>

// Arguments of socket calls as a person reads them in a trace.
namespace a7600::client {

std::string domain_text(int domain);
std::string type_text(int type);
std::string protocol_text(int protocol);
// "203.0.113.7:80", "[::1]:80"; "NULL"; "AF_16" for a family that is not the internet's.
std::string address_text(const sockaddr* address, socklen_t length);
// Of a result: `length` may be null.
std::string address_text(const sockaddr* address, const socklen_t* length);
// "SOL_SOCKET, SO_REUSEADDR"; numbers for what has no name here.
std::string option_text(int level, int name);
// An integer as such, anything else by its size.
std::string value_text(const void* value, socklen_t length);
// In quotes; "NULL".
std::string quoted_text(const char* text);

}  // namespace a7600::client
