// Zip archives of PyTorch: reading a file or memory, and the checks before LibTorch reads it.
#pragma once

#include <caffe2/serialize/read_adapter_interface.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

// The bytes of a regular file. Fails with INVALID_ARGUMENT if it cannot be read; the message names it.
std::shared_ptr<caffe2::serialize::ReadAdapterInterface> open_file(const char *path);

// Bytes of the caller's, which must live as long as the result.
std::shared_ptr<caffe2::serialize::ReadAdapterInterface> over_memory(const void *data, int64_t nbytes);

// A member of a zip archive, as the directory describes it.
struct Member {
  std::string name;
  uint64_t method, crc, packed, size, header;
};

// The members. Fails with INVALID_ARGUMENT unless it is a whole zip archive: every member inside the file and of
// the size that its header states, so that no allocation is larger than the file by more than a factor of 100.
std::vector<Member> checked_members(const caffe2::serialize::ReadAdapterInterface &input);

// Where the bytes of a member begin in the file.
uint64_t start_of(const caffe2::serialize::ReadAdapterInterface &input, const Member &member);

// The CRC-32 of data, or of what came before and data.
uint32_t checksum(std::string_view data, uint32_t before = 0);

// Fails with INVALID_ARGUMENT unless it is a whole zip archive of TorchScript, with code and pickles of the right
// checksum. Checksums of tensors are not compared.
void check_archive(const std::shared_ptr<caffe2::serialize::ReadAdapterInterface> &input);

// Fails with INVALID_ARGUMENT if the code of an archive names an operator that reads or writes files, opens
// connections or returns addresses.
void check_code(const std::shared_ptr<caffe2::serialize::ReadAdapterInterface> &input);

}  // namespace rt
