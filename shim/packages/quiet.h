// Silence on std::cerr for the calls of one thread.
#pragma once

namespace rt {

// While one lives, what its thread writes to std::cerr is dropped. The code in packages, and LibTorch where it
// serves them, write each exception there before they report it.
class QuietErrors {
 public:
  QuietErrors();
  ~QuietErrors();
  QuietErrors(const QuietErrors &) = delete;
  QuietErrors &operator=(const QuietErrors &) = delete;
};

}  // namespace rt
