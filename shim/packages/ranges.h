// Ranges that the kernels of a compiled model check of integers in its inputs, such as ids of tokens.
#pragma once

#include <cstdint>
#include <string_view>

namespace rt {

// Narrows [low, high] to the values of an input for which every check in parallel loops holds. A check that fails
// there ends the process, because no exception leaves such a loop. Checks of another form are left to the code.
//   body     of the model, which passes the input to kernels
//   kernels  their source
void find_range(std::string_view body, std::string_view kernels, std::string_view input, int64_t &low,
                int64_t &high);

}  // namespace rt
