// The code of a TorchScript archive: operators that reach beyond the process.
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/frontend/lexer.h>
#include <torch/csrc/jit/frontend/parse_string_literal.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "models/archive.h"
#include "runtime/errors.h"

namespace rt {
namespace {

// Names of operators, or of the namespaces and classes that they are in. They are checked in the text, because
// default arguments and __setstate__ are run while LibTorch loads the file.
constexpr std::string_view kRefused[] = {
    "save",      "from_file",  // files
    "rpc_sync",  "rpc_async",        "rpc_remote",
    "dist_rpc",  // connections
    "c10d",      "_c10d_functional", "_c10d_functional_autograd",
    "dist_c10d",                                  // as above
    "symm_mem",  "_dtensor",         "data_ptr",  // memory by address
};

void check_name(std::string_view name, const std::string &record) {
  if (std::ranges::find(kRefused, name) == std::end(kRefused)) return;
  fail(RT_TORCH_INVALID_ARGUMENT,
       record + " uses '" + std::string(name) +
           "', an operator that reads or writes files, opens connections or returns addresses: load the file "
           "with trust if you know where it comes from");
}

// An operator is named after a dot, or by a string in getattr(), which may be written in parts.
void check_source(const std::string &text, const std::string &record) {
  using namespace torch::jit;
  const bool names = std::ranges::any_of(kRefused, [&](auto name) { return text.find(name) != text.npos; });
  if (!names && text.find("getattr") == text.npos) return;
  Lexer lexer(std::make_shared<Source>(text));
  bool after_dot = false;
  std::string literal;
  while (lexer.cur().kind != TK_EOF) {
    const Token token = lexer.next();
    if (token.kind == TK_STRINGLITERAL) {
      literal += parseStringLiteral(token.range, token.text());
    } else {
      if (!literal.empty()) check_name(literal, record);
      literal.clear();
    }
    if (after_dot && token.kind == TK_IDENT) check_name(token.text_view(), record);
    after_dot = token.kind == '.';
  }
}

}  // namespace

void check_code(const std::shared_ptr<caffe2::serialize::ReadAdapterInterface> &input) {
  caffe2::serialize::PyTorchStreamReader reader(input);
  if (reader.hasRecord("model.json")) {  // code may be in any member
    fail(RT_TORCH_INVALID_ARGUMENT,
         "it has the format of PyTorch 1.1 or older, whose code is not checked: load the file with trust if "
         "you "
         "know where it comes from");
  }
  for (const std::string &record : reader.getAllRecords()) {
    std::string lower = record;  // LibTorch finds members whatever their case
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (!lower.ends_with(".py")) continue;
    const auto [data, size] = reader.getRecord(record);
    check_source(std::string(static_cast<const char *>(data.get()), size), record);
  }
}

}  // namespace rt
