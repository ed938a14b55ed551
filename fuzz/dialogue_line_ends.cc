// Bare line ends made CRLF: nothing bare is left, and what comes out does not depend on how the text is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/dialogue/line_end_mender.h"

namespace {

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

std::string mend(std::string_view text, std::size_t size) {
  posthouse::dialogue::LineEndMender mender;
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::min(size, text.size()))) {
    const std::string piece(text.substr(0, size));  // of its own, so that a view kept too long shows
    out += mender.mend(piece);
  }
  return out += mender.finish();
}

bool has_bare_end(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (pair) {
      ++i;
    } else if (text[i] == '\r' || text[i] == '\n') {
      return true;
    }
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = mend(text, text.size() + 1);
  require(mend(text, data[0] % 32 + 1) == whole);
  require(!has_bare_end(whole));
  require(has_bare_end(text) || whole == text);
  return 0;
}
