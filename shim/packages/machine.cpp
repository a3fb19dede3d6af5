// Platform, instruction sets and ELF header, compared with this machine.
#include "packages/machine.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <vector>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "runtime/errors.h"

namespace rt {
namespace {

enum class Support { kYes, kNo, kUnknown };

Support support_of(bool supported) {
  return supported ? Support::kYes : Support::kNo;
}

#ifdef __x86_64__
// Bits of CPUID's leaf 7 for which the compiler has no name.
Support amx(uint32_t leaf, bool in_edx, uint32_t bit) {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, leaf, &eax, &ebx, &ecx, &edx) == 0) return Support::kNo;
  return support_of(((in_edx ? edx : eax) >> bit & 1) != 0);
}
#endif

// The names are those of torch._inductor.cpu_vec_isa, in capitals.
Support supports(std::string_view set) {
#ifdef __x86_64__
  if (set == "AVX2") return support_of(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  if (set == "AVX512") {
    return support_of(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"));
  }
  if (set == "AVX512_VNNI") return support_of(__builtin_cpu_supports("avx512vnni"));
  if (set == "AMX_TILE") return amx(0, true, 24);
  if (set == "AMX_FP16") return amx(1, false, 21);
#endif
#ifdef __aarch64__
  if (set == "ASIMD" || set == "NEON") return Support::kYes;
#endif
  return set == "INVALID_VEC_ISA" ? Support::kYes : Support::kUnknown;
}

std::string value_of(const Metadata &metadata, const char *key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : found->second;
}

void check_field(const Metadata &metadata, const char *key, const char *what, const std::string &here) {
  const std::string found = value_of(metadata, key);
  if (found.empty() || found == here) return;
  fail(RT_TORCH_UNAVAILABLE, "compiled for the " + std::string(what) + " " + found + "; this is " + here);
}

void check_set(const std::string &set, const std::string &all, bool unchecked) {
  const Support found = supports(set);
  const std::string needed = "compiled for the instruction sets " + all + "; ";
  if (found == Support::kNo) fail(RT_TORCH_UNAVAILABLE, needed + "this CPU does not have " + set);
  if (found == Support::kUnknown && !unchecked) {
    fail(RT_TORCH_NOT_IMPLEMENTED,
         needed + "whether this CPU has " + set + " cannot be checked: set unchecked to run it without");
  }
}

template <class Record>
std::vector<Record> read_records(int descriptor, uint64_t offset, size_t count) {
  std::vector<Record> records(count);
  const auto size = static_cast<ssize_t>(count * sizeof(Record));
  if (pread(descriptor, records.data(), count * sizeof(Record), static_cast<off_t>(offset)) != size)
    records.clear();
  return records;
}

std::string why_not_a_library(int descriptor, uint64_t size) {
#ifdef __aarch64__
  constexpr uint16_t machine = EM_AARCH64;
#else
  constexpr uint16_t machine = EM_X86_64;
#endif
  const auto headers = read_records<Elf64_Ehdr>(descriptor, 0, 1);
  if (headers.empty() || std::memcmp(headers[0].e_ident, ELFMAG, SELFMAG) != 0)
    return "not a shared library (ELF)";
  const Elf64_Ehdr &header = headers[0];
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return "not a 64-bit little-endian library";
  }
  if (header.e_type != ET_DYN) return "not a shared library, but another kind of ELF file";
  if (header.e_machine != machine) {
    return "for another machine (ELF machine " + std::to_string(header.e_machine) + ", expected " +
           std::to_string(machine) + ")";
  }
  const auto segments = read_records<Elf64_Phdr>(descriptor, header.e_phoff, header.e_phnum);
  if (segments.empty() || header.e_phentsize != sizeof(Elf64_Phdr)) return "truncated or damaged";
  for (const Elf64_Phdr &one : segments) {
    if (one.p_offset > size || one.p_filesz > size - one.p_offset) return "truncated";
  }
  const uint64_t sections = uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff > size || sections > size - header.e_shoff) return "truncated";
  return "";
}

}  // namespace

void check_machine(const Metadata &metadata, bool unchecked) {
  const std::string device = value_of(metadata, "AOTI_DEVICE_KEY");
  if (device != "cpu") {
    fail(RT_TORCH_UNAVAILABLE, "compiled for the device " + (device.empty() ? "(none)" : device) +
                                   "; only packages for the CPU are supported");
  }
  struct utsname here{};
  uname(&here);
  check_field(metadata, "AOTI_PLATFORM", "platform", "linux");
  check_field(metadata, "AOTI_MACHINE", "machine", here.machine);
  const std::string sets = value_of(metadata, "AOTI_CPU_ISA");
  for (size_t at = 0; at < sets.size();) {
    const size_t end = std::min(sets.find(' ', at), sets.size());
    if (end > at) check_set(sets.substr(at, end - at), sets, unchecked);
    at = end + 1;
  }
}

void check_library(const std::string &path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  std::string reason = "cannot be read";
  if (descriptor >= 0 && fstat(descriptor, &status) == 0) {
    reason = why_not_a_library(descriptor, static_cast<uint64_t>(status.st_size));
  }
  if (descriptor >= 0) close(descriptor);
  if (!reason.empty()) fail(RT_TORCH_INVALID_ARGUMENT, path.substr(path.rfind('/') + 1) + " is " + reason);
}

}  // namespace rt
