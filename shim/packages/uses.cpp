// How the body of a compiled model uses an input, from the statements that name it.
#include "packages/uses.h"

#include <algorithm>
#include <cctype>

namespace rt {
namespace {

using Text = std::string_view;

bool is_word(char one) {
  return std::isalnum(static_cast<unsigned char>(one)) != 0 || one == '_';
}

// Where the name is in a line, as a whole word, from a position on.
size_t find_word(Text line, Text name, size_t from) {
  for (size_t at = line.find(name, from); at != Text::npos; at = line.find(name, at + 1)) {
    const size_t end = at + name.size();
    if ((at == 0 || !is_word(line[at - 1])) && (end == line.size() || !is_word(line[end]))) return at;
  }
  return Text::npos;
}

// kernel((const float*)(x.data_ptr()))
bool is_read_by_kernel(Text before, Text after) {
  if (!before.ends_with("*)(") || !after.starts_with(".data_ptr())")) return false;
  const size_t open = before.substr(0, before.size() - 3).rfind('(');
  return open != Text::npos && before.substr(open).starts_with("(const ");
}

// aoti_torch_cpu_mm_out(out, x, ...): the first argument of NAME_out, and those of NAME_, may be written to.
bool is_read_by_operator(Text before) {
  constexpr Text prefix = "aoti_torch_cpu_";
  const size_t begin = before.rfind(prefix);
  if (begin == Text::npos) return false;
  const size_t open = before.find('(', begin);
  if (open == Text::npos) return false;
  const Text operation = before.substr(begin, open - begin);
  if (operation.ends_with('_')) return false;
  return !operation.ends_with("_out") || before.find(", ", open) != Text::npos;
}

}  // namespace

void find_uses(std::string_view body, std::string_view name, bool &used, bool &written) {
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    const Text line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.find_first_not_of(' ') == line.find("//")) continue;
    for (size_t at = find_word(line, name, 0); at != Text::npos; at = find_word(line, name, at + 1)) {
      const Text before = line.substr(0, at), after = line.substr(at + name.size());
      const bool bookkeeping = after.starts_with(" = std::move(inputs[") || after.starts_with(".sizes()") ||
                               after.starts_with(".strides()") || after.starts_with(".reset();") ||
                               before.ends_with("assert_size_stride(");
      if (bookkeeping) continue;
      used = true;
      written = written || (!is_read_by_kernel(before, after) && !is_read_by_operator(before));
    }
  }
}

}  // namespace rt
