// Reading and unpacking the members of a package.
#include "packages/unpacked.h"

#include <caffe2/serialize/inline_container.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <system_error>

#include "runtime/errors.h"

namespace rt {
namespace {

constexpr std::string_view kModels = "data/aotinductor/";

[[noreturn]] void invalid(const std::string &message) {
  fail(RT_TORCH_INVALID_ARGUMENT, message);
}

[[noreturn]] void cannot_write(const std::string &path) {
  const int number = errno;
  fail(number == ENOSPC ? RT_TORCH_OUT_OF_MEMORY : RT_TORCH_INVALID_ARGUMENT,
       "cannot unpack to " + path + ": " + std::generic_category().message(number) +
           "; TMPDIR chooses another folder");
}

// The name below the one folder that all members are in.
std::string_view inner(const std::string &name) {
  const size_t slash = name.find('/');
  return slash == std::string::npos ? std::string_view() : std::string_view(name).substr(slash + 1);
}

[[noreturn]] void other_kind(const std::vector<Member> &members) {
  const auto has = [&](std::string_view start) {
    return std::ranges::any_of(members,
                               [&](const Member &one) { return inner(one.name).starts_with(start); });
  };
  const char *kind = has("models/")                            ? "a program of torch.export"
                     : has("constants.pkl")                    ? "a TorchScript file"
                     : has("data.pkl") || has("data/data.pkl") ? "a file of torch.save"
                                                               : "a zip archive of another kind";
  invalid("not an AOTInductor package, but " + std::string(kind));
}

}  // namespace

// ---- The folder

Folder::Folder() {
  const char *chosen = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe)
  path_ = std::string(chosen == nullptr || *chosen == '\0' ? "/tmp" : chosen) + "/torchffi-package-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) cannot_write(path_);
}

Folder::~Folder() {
  for (const std::string &name : files_) unlink(path_of(name).c_str());
  rmdir(path_.c_str());
}

int Folder::create(std::string_view name) {
  const std::string path = path_of(name);
  files_.emplace_back(name);
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) cannot_write(path);
  return descriptor;
}

// ---- The files

ModelFiles::ModelFiles(const char *path, const std::string &model) : input_(open_file(path)) {
  const std::vector<Member> members = checked_members(*input_);
  std::set<std::string> models;
  for (const Member &member : members) {
    std::string_view name = inner(member.name);
    if (!name.starts_with(kModels)) continue;
    name.remove_prefix(kModels.size());
    const size_t slash = name.find('/');
    if (slash == std::string_view::npos || slash + 1 == name.size()) continue;
    const auto [at, is_new] = models.emplace(name.substr(0, slash));
    if (*at != model) continue;
    const std::string file(name.substr(slash + 1));
    if (file.find('/') != std::string::npos || file.find('\0') != std::string::npos || file == "..") {
      invalid("member '" + member.name.substr(0, 200) + "' is not directly in the folder of its model");
    }
    if (has(file)) invalid("two members are named '" + member.name.substr(0, 200) + "'");
    files_.push_back({file, member});
  }
  if (models.empty()) other_kind(members);
  if (files_.empty()) {
    std::string known;
    for (const std::string &one : models) known += (known.empty() ? "" : ", ") + one;
    invalid("there is no model '" + model + "'; its models are " + known.substr(0, 500));
  }
}

std::string ModelFiles::only(std::string_view ending) const {
  std::string found;
  for (const File &file : files_) {
    if (!file.name.ends_with(ending)) continue;
    if (!found.empty()) {
      fail(RT_TORCH_NOT_IMPLEMENTED, "the model has several files that end with " + std::string(ending));
    }
    found = file.name;
  }
  return found;
}

bool ModelFiles::has(std::string_view name) const {
  return std::ranges::any_of(files_, [&](const File &file) { return file.name == name; });
}

const ModelFiles::File &ModelFiles::find(std::string_view name) const {
  const auto found = std::ranges::find_if(files_, [&](const File &file) { return file.name == name; });
  if (found == files_.end()) invalid("member '" + std::string(name) + "' is missing");
  return *found;
}

template <class Visit>
void ModelFiles::each_part(const File &file, Visit &&visit) const {
  uint32_t crc = 0;
  if (file.member.method == 0) {
    std::vector<char> part(std::min<uint64_t>(file.member.size, 1 << 20));
    uint64_t at = start_of(*input_, file.member);
    for (uint64_t left = file.member.size; left > 0;) {
      const size_t count = std::min<uint64_t>(left, part.size());
      if (input_->read(at, part.data(), count, "") != count) invalid("the file became shorter");
      const std::string_view data(part.data(), count);
      crc = checksum(data, crc);
      visit(data);
      at += count;
      left -= count;
    }
  } else {
    caffe2::serialize::PyTorchStreamReader reader(input_);
    const auto [data, size] = reader.getRecord(std::string(inner(file.member.name)));
    const std::string_view whole(static_cast<const char *>(data.get()), size);
    crc = checksum(whole);
    visit(whole);
  }
  if (crc != file.member.crc) {
    invalid("member '" + file.member.name.substr(0, 200) + "': checksum differs: the file is damaged");
  }
}

std::string ModelFiles::read(std::string_view name) const {
  std::string whole;
  each_part(find(name), [&](std::string_view part) { whole += part; });
  return whole;
}

std::string ModelFiles::read_all(std::string_view ending) const {
  std::string whole;
  for (const File &file : files_) {
    if (file.name.ends_with(ending)) each_part(file, [&](std::string_view part) { whole += part; });
  }
  return whole;
}

void ModelFiles::unpack(std::string_view name, Folder &folder) const {
  const int descriptor = folder.create(name);
  try {
    each_part(find(name), [&](std::string_view part) {
      while (!part.empty()) {
        const ssize_t written = write(descriptor, part.data(), part.size());
        if (written < 0 && errno != EINTR) cannot_write(folder.path_of(name));
        part.remove_prefix(written < 0 ? 0 : static_cast<size_t>(written));
      }
    });
  } catch (...) {
    close(descriptor);
    throw;
  }
  if (close(descriptor) != 0) cannot_write(folder.path_of(name));
}

}  // namespace rt
