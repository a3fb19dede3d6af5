// Filter in front of std::cerr.
#include "packages/quiet.h"

#include <iostream>
#include <streambuf>

namespace rt {
namespace {

thread_local int depth = 0;

// Passes on what other threads write. It replaces std::cerr's buffer once, for good: threads may write at any time.
class Filter final : public std::streambuf {
 public:
  explicit Filter(std::streambuf *next) : next_(next) {}

 protected:
  int_type overflow(int_type one) override {
    if (traits_type::eq_int_type(one, traits_type::eof())) return traits_type::not_eof(one);
    return depth > 0 ? one : next_->sputc(traits_type::to_char_type(one));
  }
  std::streamsize xsputn(const char *data, std::streamsize count) override {
    return depth > 0 ? count : next_->sputn(data, count);
  }
  int sync() override { return depth > 0 ? 0 : next_->pubsync(); }

 private:
  std::streambuf *next_;
};

}  // namespace

QuietErrors::QuietErrors() {
  static Filter *const filter = [] {
    auto *const made = new Filter(std::cerr.rdbuf());  // never destroyed: used until process exit
    std::cerr.rdbuf(made);
    return made;
  }();
  static_cast<void>(filter);
  ++depth;
}

QuietErrors::~QuietErrors() {
  --depth;
}

}  // namespace rt
