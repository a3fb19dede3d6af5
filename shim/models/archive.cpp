// Reading zip archives: the directory and the checksums.
#include "models/archive.h"

#include <caffe2/serialize/inline_container.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include "runtime/errors.h"

namespace rt {
namespace {

using Input = caffe2::serialize::ReadAdapterInterface;

[[noreturn]] void damaged(const std::string &message) {
  fail(RT_TORCH_INVALID_ARGUMENT, message);
}

std::string reason(int number) {
  return std::generic_category().message(number);
}

class File final : public Input {
 public:
  explicit File(const char *path) : descriptor_(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) damaged(reason(errno));
    struct stat status{};
    if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
      close(descriptor_);
      damaged("not a regular file");
    }
    size_ = static_cast<size_t>(status.st_size);
  }
  File(const File &) = delete;
  File &operator=(const File &) = delete;
  ~File() override { close(descriptor_); }

  size_t size() const override { return size_; }
  size_t read(uint64_t position, void *buffer, size_t n, const char *) const override {
    size_t done = 0;
    while (done < n) {
      const ssize_t got = pread(descriptor_, static_cast<char *>(buffer) + done, n - done,
                                static_cast<off_t>(position + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) damaged(reason(errno));
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

 private:
  int descriptor_;
  size_t size_ = 0;
};

class Memory final : public Input {
 public:
  Memory(const void *data, size_t size) : data_(static_cast<const char *>(data)), size_(size) {}
  size_t size() const override { return size_; }
  size_t read(uint64_t position, void *buffer, size_t n, const char *) const override {
    if (position >= size_) return 0;
    n = std::min<uint64_t>(n, size_ - position);
    std::memcpy(buffer, data_ + position, n);
    return n;
  }

 private:
  const char *data_;
  size_t size_;
};

// ---- The directory of a zip file

static_assert(std::endian::native == std::endian::little, "zip files are little endian");

// Bytes of the input, as little-endian integers at offsets.
struct Bytes {
  std::vector<char> data;
  template <class Integer>
  uint64_t get(size_t offset) const {
    if (offset + sizeof(Integer) > data.size()) damaged("truncated or not a zip file");
    Integer value;
    std::memcpy(&value, data.data() + offset, sizeof value);
    return value;
  }
  uint64_t u16(size_t offset) const { return get<uint16_t>(offset); }
  uint64_t u32(size_t offset) const { return get<uint32_t>(offset); }
  uint64_t u64(size_t offset) const { return get<uint64_t>(offset); }
};

Bytes bytes(const Input &input, uint64_t offset, uint64_t count) {
  if (offset > input.size() || count > input.size() - offset) damaged("truncated or not a zip file");
  Bytes found{std::vector<char>(count)};
  if (input.read(offset, found.data.data(), count, "") != count) damaged("the file became shorter");
  return found;
}

constexpr uint64_t kEnd = 22, kLocator = 20, kEnd64 = 56, kEntry = 46, kLocal = 30;
constexpr uint64_t kMaxRatio = 100, kRatioFree = 1 << 20;

struct Directory {
  uint64_t offset, size, count;
};

Directory directory(const Input &input) {
  const uint64_t size = input.size(), tail = std::min<uint64_t>(size, kEnd + 0xffff);
  if (size == 0) damaged("empty file");
  const Bytes last = bytes(input, size - tail, tail);
  for (uint64_t at = tail < kEnd ? 0 : tail - kEnd + 1; at-- > 0;) {
    if (last.u32(at) != 0x06054b50) continue;
    const uint64_t end = size - tail + at;
    if (end >= kLocator) {
      const Bytes locator = bytes(input, end - kLocator, kLocator);
      if (locator.u32(0) == 0x07064b50) {
        const Bytes end64 = bytes(input, locator.u64(8), kEnd64);
        if (end64.u32(0) != 0x06064b50) damaged("its zip64 directory is damaged");
        return {end64.u64(48), end64.u64(40), end64.u64(32)};
      }
    }
    return {last.u32(at + 16), last.u32(at + 12), last.u16(at + 10)};
  }
  damaged("truncated or not a zip file");
}

// The fields that are too large for 32 bits are in an extra field, in this order.
void read_zip64(const Bytes &entries, uint64_t at, uint64_t length, Member &member) {
  const uint64_t end = at + length;
  while (at + 4 <= end) {
    const uint64_t id = entries.u16(at), bytes = entries.u16(at + 2);
    uint64_t field = at + 4;
    at = field + bytes;
    if (id != 1 || at > end) continue;
    for (uint64_t *one : {&member.size, &member.packed, &member.header}) {
      if (*one != 0xffffffff || field + 8 > at) continue;
      *one = entries.u64(field);
      field += 8;
    }
  }
}

std::vector<Member> members(const Input &input) {
  const Directory found = directory(input);
  const Bytes entries = bytes(input, found.offset, found.size);
  if (found.count > found.size / kEntry) damaged("its zip directory is damaged");
  std::vector<Member> all;
  all.reserve(found.count);
  uint64_t at = 0;
  for (uint64_t i = 0; i < found.count; ++i) {
    if (entries.u32(at) != 0x02014b50) damaged("its zip directory is damaged");
    const uint64_t name = entries.u16(at + 28), extra = entries.u16(at + 30), comment = entries.u16(at + 32);
    if (at + kEntry + name + extra + comment > found.size) damaged("its zip directory is damaged");
    Member member{std::string(entries.data.data() + at + kEntry, name),
                  entries.u16(at + 10),
                  entries.u32(at + 16),
                  entries.u32(at + 20),
                  entries.u32(at + 24),
                  entries.u32(at + 42)};
    if (entries.u16(at + 8) & 1) damaged("member '" + member.name + "' is encrypted");
    read_zip64(entries, at + kEntry + name, extra, member);
    all.push_back(std::move(member));
    at += kEntry + name + extra + comment;
  }
  return all;
}

// ---- Its members

// Table k is of a byte that k other bytes follow, so that eight bytes are one step.
using CrcTable = std::array<uint32_t, 256>;
constexpr std::array<CrcTable, 8> kCrcTables = [] {
  std::array<CrcTable, 8> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
    tables[0][i] = value;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t i = 0; i < 256; ++i) {
      const uint32_t before = tables[k - 1][i];
      tables[k][i] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}();

bool has_checksum(std::string_view name) {
  return name.ends_with(".py") || name.ends_with(".pkl") || name.ends_with("/version");
}

void check_member(const Input &input, const Member &member) {
  const std::string named = "member '" + member.name.substr(0, 200) + "'";
  if (member.header > input.size()) damaged(named + " is outside of the file");
  const uint64_t start = start_of(input, member);
  if (start > input.size() || member.packed > input.size() - start) {
    damaged(named + " ends after the end of the file");
  }
  if (member.method == 0) {
    if (member.packed != member.size) damaged(named + " is stored, but has two sizes");
  } else if (member.method != 8) {
    damaged(named + " has compression " + std::to_string(member.method) + ", expected 0 or 8");
  } else if (member.size > kRatioFree && member.size / kMaxRatio > member.packed) {
    damaged(named + " grows from " + std::to_string(member.packed) + " bytes to " +
            std::to_string(member.size) + "; at most " + std::to_string(kMaxRatio) + " times are accepted");
  }
}

}  // namespace

std::shared_ptr<Input> open_file(const char *path) {
  return std::make_shared<File>(path);
}

std::shared_ptr<Input> over_memory(const void *data, int64_t nbytes) {
  return std::make_shared<Memory>(data, static_cast<size_t>(nbytes));
}

uint64_t start_of(const Input &input, const Member &member) {
  const Bytes local = bytes(input, member.header, kLocal);
  if (local.u32(0) != 0x04034b50) damaged("member '" + member.name.substr(0, 200) + "' has no header");
  return member.header + kLocal + local.u16(26) + local.u16(28);
}

uint32_t checksum(std::string_view data, uint32_t before) {
  uint32_t crc = ~before;
  for (; data.size() >= sizeof(uint64_t); data.remove_prefix(sizeof(uint64_t))) {
    uint64_t word = 0;
    std::memcpy(&word, data.data(), sizeof word);
    word ^= crc;
    crc = 0;
    for (size_t k = 0; k < kCrcTables.size(); ++k) crc ^= kCrcTables[7 - k][word >> 8 * k & 0xff];
  }
  for (const char one : data) crc = crc >> 8 ^ kCrcTables[0][(crc ^ static_cast<unsigned char>(one)) & 0xff];
  return ~crc;
}

std::vector<Member> checked_members(const Input &input) {
  std::vector<Member> all = members(input);
  uint64_t total = 0;
  for (const Member &member : all) {
    check_member(input, member);
    total += member.packed;  // each is at most the size of the file
    if (total > input.size()) damaged("its members overlap");
  }
  return all;
}

void check_archive(const std::shared_ptr<Input> &input) {
  const std::vector<Member> all = checked_members(*input);
  const bool code =
      std::ranges::any_of(all, [](const Member &one) { return one.name.ends_with("/constants.pkl"); });
  if (!code) damaged("not a TorchScript file: it has no constants.pkl");
  caffe2::serialize::PyTorchStreamReader reader(input);
  for (const Member &member : all) {
    if (!has_checksum(member.name)) continue;
    // The name without the folder that all members are in.
    const auto [data, size] = reader.getRecord(member.name.substr(member.name.find('/') + 1));
    if (checksum({static_cast<const char *>(data.get()), size}) != member.crc) {
      damaged("member '" + member.name.substr(0, 200) + "': checksum differs");
    }
  }
}

}  // namespace rt
