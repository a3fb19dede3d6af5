// Whether this machine can run a package.
#pragma once

#include <map>
#include <string>

namespace rt {

using Metadata = std::map<std::string, std::string>;

// Fails with UNAVAILABLE unless the metadata is for the CPU, this platform, machine and instruction sets, and with
// NOT_IMPLEMENTED if it names an instruction set that is not known, unless unchecked.
void check_machine(const Metadata &metadata, bool unchecked);

// Fails with INVALID_ARGUMENT unless a file is a whole ELF library for this machine.
void check_library(const std::string &path);

}  // namespace rt
