// How the body of a compiled model uses an input.
#pragma once

#include <string_view>

namespace rt {

// used: in more than taking it over, reading its sizes, and releasing it. written: it may be written to, or become
// an output; also true for uses of an unknown form.
void find_uses(std::string_view body, std::string_view name, bool &used, bool &written);

}  // namespace rt
