#include "posthouse/dialogue/line_scanner.h"

#include <cstring>
#include <utility>

namespace posthouse::dialogue {

Line LineScanner::scan(std::string_view input, std::size_t limit) noexcept {
  const void* found =
      searched_ < input.size() ? std::memchr(input.data() + searched_, '\n', input.size() - searched_) : nullptr;
  if (found == nullptr) {
    if (skipped_ == 0 && input.size() <= limit) {
      searched_ = input.size();
      return {};
    }
    skipped_ += input.size();
    searched_ = 0;
    return {skipped_ > max_skipped ? LineState::endless : LineState::more, {}, input.size()};
  }
  const auto lf = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
  searched_ = 0;
  if (std::exchange(skipped_, 0) > 0 || lf + 1 > limit) {
    return {LineState::too_long, {}, lf + 1};
  }
  if (lf > 0 && input[lf - 1] == '\r') {
    return {LineState::complete, input.substr(0, lf - 1), lf + 1};
  }
  if (ends_ == LineEnds::crlf) {
    return {LineState::bare_lf, {}, lf + 1};
  }
  return {LineState::complete, input.substr(0, lf), lf + 1};
}

}  // namespace posthouse::dialogue
