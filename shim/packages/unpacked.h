// The members of a package, and the folder into which those that LibTorch opens by name are unpacked.
#pragma once

#include <caffe2/serialize/read_adapter_interface.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/archive.h"

namespace rt {

// A new folder for temporary files, removed with what is in it.
class Folder {
 public:
  Folder();
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;
  ~Folder();

  std::string path_of(std::string_view name) const { return path_ + "/" + std::string(name); }
  // A new file, open for writing.
  int create(std::string_view name);

 private:
  std::string path_;
  std::vector<std::string> files_;
};

// The archive of a package, and the files of one model in it: their names have no folder.
class ModelFiles {
 public:
  // Fails with INVALID_ARGUMENT if it is damaged, of another kind, or has no such model.
  ModelFiles(const char *path, const std::string &model);

  // The only file with an ending; "" if there is none. Fails with NOT_IMPLEMENTED if there are several.
  std::string only(std::string_view ending) const;
  bool has(std::string_view name) const;
  // All files with an ending, one after the other.
  std::string read_all(std::string_view ending) const;

  // Its bytes, and a copy in a folder. Both compare the checksum.
  std::string read(std::string_view name) const;
  void unpack(std::string_view name, Folder &folder) const;

 private:
  struct File {
    std::string name;
    Member member;
  };
  const File &find(std::string_view name) const;
  // Calls visit(data) for one part of a file after the other.
  template <class Visit>
  void each_part(const File &file, Visit &&visit) const;

  std::shared_ptr<caffe2::serialize::ReadAdapterInterface> input_;
  std::vector<File> files_;
};

}  // namespace rt
