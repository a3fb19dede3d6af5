// safetensors files: a header in JSON, and the bytes of tensors, which are mapped.
#include <ATen/ops/empty.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <numeric>
#include <system_error>

#include "exports.h"
#include "models/json.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/guard.h"
#include "runtime/handles.h"
#include "runtime/modules.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

constexpr uint64_t kMaxHeader = 100'000'000;  // as the safetensors library

[[noreturn]] void invalid(const std::string &message) {
  fail(RT_TORCH_INVALID_ARGUMENT, message);
}

// The pages of a file, copied when they are written to.
class Pages {
 public:
  explicit Pages(const char *path) {
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) invalid(std::generic_category().message(errno));
    struct stat status{};
    const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    size_ = regular ? static_cast<size_t>(status.st_size) : 0;
    data_ =
        size_ == 0 ? MAP_FAILED : mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
    const int error = errno;
    close(descriptor);
    if (!regular) invalid("not a regular file");
    if (size_ == 0) invalid("empty file");
    if (data_ == MAP_FAILED && error == ENOMEM) throw std::bad_alloc();
    if (data_ == MAP_FAILED) invalid(std::generic_category().message(error));
  }
  Pages(const Pages &) = delete;
  Pages &operator=(const Pages &) = delete;
  ~Pages() { munmap(data_, size_); }

  char *data() const { return static_cast<char *>(data_); }
  uint64_t size() const { return size_; }

 private:
  void *data_;
  size_t size_;
};

struct Format {
  const char *name;
  uint64_t bits;
  std::optional<at::ScalarType> dtype;  // nullopt: not supported
};

constexpr Format kFormats[] = {
    {"BOOL", 8, at::kBool},      {"U8", 8, at::kByte},
    {"I8", 8, at::kChar},        {"I16", 16, at::kShort},
    {"U16", 16, at::kUInt16},    {"F16", 16, at::kHalf},
    {"BF16", 16, at::kBFloat16}, {"I32", 32, at::kInt},
    {"U32", 32, at::kUInt32},    {"F32", 32, at::kFloat},
    {"I64", 64, at::kLong},      {"U64", 64, at::kUInt64},
    {"F64", 64, at::kDouble},    {"C64", 64, at::kComplexFloat},
    {"F8_E5M2", 8, {}},          {"F8_E4M3", 8, {}},
    {"F8_E8M0", 8, {}},          {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},          {"F4", 4, {}},
};

struct Entry {
  std::string name;
  const Format *format = nullptr;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  // of its bytes, from the end of the header
};

struct File final : c10::intrusive_ptr_target {
  explicit File(const char *path) : pages(path) {}

  Pages pages;
  char *bytes = nullptr;                     // after the header
  std::vector<Entry> entries;                // in the order of their bytes
  std::map<std::string_view, size_t> index;  // of a name among the entries
};

using FilePointer = c10::intrusive_ptr<File>;

void retain(File *file) {
  c10::raw::intrusive_ptr::incref(file);
}

// The deleter of a tensor over the pages.
void release(void *file) {
  FilePointer::reclaim(static_cast<File *>(file)).reset();
}

constinit HandleTable<File, retain, HandleKind::kSafetensors> table{};

FilePointer get_file(int64_t handle) {
  if (File *file = table.get(handle)) return FilePointer::reclaim(file);
  if (handle == 0) fail(RT_TORCH_BAD_HANDLE, "expected a safetensors file, got handle 0");
  fail(RT_TORCH_BAD_HANDLE, "handle " + std::to_string(handle) + " is not an open safetensors file");
}

// ---- The header

const Format *format_of(const std::string &tensor, const std::string &name) {
  const auto *const found =
      std::ranges::find_if(kFormats, [&](const Format &one) { return name == one.name; });
  if (found == std::end(kFormats)) invalid(tensor + ": dtype '" + name + "' is unknown");
  return found;
}

Entry read_entry(JsonReader &json, std::string name) {
  Entry entry;
  std::vector<uint64_t> offsets;
  std::string format;
  json.object([&](const std::string &key) {
    if (key == "dtype") {
      format = json.string();
    } else if (key == "shape") {
      json.array([&] {
        const uint64_t length = json.integer();
        if (length > INT64_MAX) invalid(name + ": a length of 2^63 or more");
        entry.shape.push_back(static_cast<int64_t>(length));
      });
    } else if (key == "data_offsets") {
      json.array([&] { offsets.push_back(json.integer()); });
    } else {
      invalid(name + ": unknown key '" + key + "'");
    }
  });
  if (offsets.size() != 2)
    invalid(name + ": data_offsets has " + std::to_string(offsets.size()) + " numbers");
  if (entry.shape.size() > RT_TORCH_MAX_NDIM) invalid(name + ": more than 64 axes");
  entry.format = format_of(name, format);
  entry.begin = offsets[0];
  entry.end = offsets[1];
  entry.name = std::move(name);
  return entry;
}

// The bytes that the shape and the dtype need; nullopt for a part of a byte, and from 2^60 on, also along the axes
// of a tensor without elements, because LibTorch's strides would overflow.
std::optional<uint64_t> bytes_of(const Entry &entry) {
  uint64_t bits = entry.format->bits;
  bool empty = false;
  for (const int64_t length : entry.shape) {
    empty = empty || length == 0;
    if (length != 0 && __builtin_mul_overflow(bits, static_cast<uint64_t>(length), &bits))
      return std::nullopt;
  }
  if (bits >> 63 != 0 || (!empty && bits % 8 != 0)) return std::nullopt;
  return empty ? 0 : bits / 8;
}

void check_places(std::vector<Entry> &entries, uint64_t size) {
  std::ranges::sort(entries, {}, [](const Entry &one) { return std::pair(one.begin, one.end); });
  uint64_t at = 0;
  for (const Entry &entry : entries) {
    if (entry.begin != at || entry.end < entry.begin) {
      invalid(entry.name + ": its bytes begin at " + std::to_string(entry.begin) + ", expected " +
              std::to_string(at) + ", where those of the tensor before end");
    }
    const std::optional<uint64_t> bytes = bytes_of(entry);
    if (bytes != entry.end - entry.begin) {
      invalid(entry.name + ": " + std::to_string(entry.end - entry.begin) +
              " bytes do not fit its shape and dtype " + entry.format->name);
    }
    at = entry.end;
  }
  if (at != size) {
    invalid("its tensors have " + std::to_string(at) + " bytes, and the file has " + std::to_string(size) +
            " after the header");
  }
}

FilePointer read(const char *path) {
  FilePointer file = c10::make_intrusive<File>(path);
  const uint64_t size = file->pages.size();
  uint64_t header = 0;
  if (size < sizeof header) invalid("truncated or not a safetensors file");
  std::memcpy(&header, file->pages.data(), sizeof header);
  if (header > kMaxHeader || header > size - sizeof header) invalid("truncated or not a safetensors file");
  JsonReader json(std::string_view(file->pages.data() + sizeof header, header));
  bool described = false;
  json.object([&](std::string key) {
    if (key == "__metadata__") {
      if (std::exchange(described, true)) invalid("two members are named __metadata__");
      json.object([&](const std::string &) { json.string(); });
    } else {
      file->entries.push_back(read_entry(json, std::move(key)));
    }
  });
  json.end();
  check_places(file->entries, size - sizeof header - header);
  file->bytes = file->pages.data() + sizeof header + header;
  for (size_t i = 0; i < file->entries.size(); ++i) {
    if (!file->index.emplace(file->entries[i].name, i).second) {
      invalid("two tensors are named '" + file->entries[i].name + "'");
    }
  }
  return file;
}

}  // namespace

int64_t live_safetensors() noexcept {
  return table.live();
}

int64_t safetensors_open(const char *path) {
  if (path == nullptr || *path == '\0') invalid(path == nullptr ? "path is NULL" : "path is empty");
  try {
    FilePointer file = read(path);
    const int64_t handle = table.put(file.get(), true);
    file.release();  // the table owns it now
    return handle;
  } catch (...) {
    const Error error = current_error();
    fail(error.code(), std::string(path) + ": " + error.what());
  }
}

int32_t safetensors_free(int64_t file) {
  return free_handle<FilePointer>(table, file, forked());
}

int64_t safetensors_count(int64_t file) {
  return static_cast<int64_t>(get_file(file)->entries.size());
}

int64_t safetensors_name(int64_t file, int64_t index, char *text, int64_t capacity) {
  const FilePointer found = get_file(file);
  if (index < 0 || std::cmp_greater_equal(index, found->entries.size())) {
    fail(RT_TORCH_INDEX, "index is " + std::to_string(index) + ", and the file has " +
                             std::to_string(found->entries.size()) + " tensors");
  }
  return copy_out(found->entries[static_cast<size_t>(index)].name, text, capacity);
}

int64_t safetensors_tensor(int64_t file, const char *name) {
  const FilePointer found = get_file(file);
  if (name == nullptr) invalid("name is NULL");
  const auto at = found->index.find(name);
  if (at == found->index.end()) invalid("there is no tensor named '" + std::string(name) + "'");
  const Entry &entry = found->entries[at->second];
  if (!entry.format->dtype) {
    fail(RT_TORCH_TYPE, entry.name + ": dtype " + entry.format->name + " is not supported");
  }
  const at::ScalarType dtype = *entry.format->dtype;
  char *const data = found->bytes + entry.begin;
  if (entry.begin == entry.end) return put(at::empty(entry.shape, dtype));
  if (std::bit_cast<uintptr_t>(data) % c10::elementSize(dtype) != 0) {
    const at::Tensor copy = at::empty(entry.shape, dtype);
    std::memcpy(copy.mutable_data_ptr(), data, entry.end - entry.begin);
    return put(copy);
  }
  const auto bytes = static_cast<int64_t>(entry.end - entry.begin);
  File *const owner = FilePointer(found).release();
  const at::Tensor tensor = kernels::from_memory({data, owner, release, at::kCPU}, bytes, dtype);
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(entry.shape);
  return put(tensor);
}

}  // namespace rt
