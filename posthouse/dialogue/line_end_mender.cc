#include "posthouse/dialogue/line_end_mender.h"

#include <utility>

namespace posthouse::dialogue {

/// True when every CR and LF in it stands in a CRLF, and none waits for what comes next.
bool LineEndMender::is_fine(std::string_view piece) const noexcept {
  if (cr_ || after_lf_ || piece.ends_with('\r')) {
    return false;
  }
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t lf = piece.find('\n', at);
    const std::size_t cr = piece.substr(0, lf).find('\r', at);
    if (lf == std::string_view::npos) {
      return cr == std::string_view::npos;
    }
    if (cr == std::string_view::npos || cr + 1 != lf) {
      return false;
    }
    at = lf + 1;
  }
  return true;
}

void LineEndMender::add(char c) {
  const bool after_cr = std::exchange(cr_, c == '\r');
  const bool after_lf = std::exchange(after_lf_, c == '\n' && !after_cr);
  if (c == '\r') {
    return;
  }
  if (after_cr || c == '\n') {
    mended_ += "\r\n";
  }
  if (c != '\n' && !(c == '.' && after_lf)) {
    mended_ += c;
  }
}

std::string_view LineEndMender::mend(std::string_view piece) {
  if (is_fine(piece)) {
    return piece;
  }
  mended_.clear();
  for (const char c : piece) {
    add(c);
  }
  return mended_;
}

std::string_view LineEndMender::finish() {
  return std::exchange(cr_, false) ? "\r\n" : "";
}

}  // namespace posthouse::dialogue
