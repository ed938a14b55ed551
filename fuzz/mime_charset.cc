// The first line is a charset's label, the rest a text in it: what comes out is UTF-8, declared or guessed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "posthouse/mime/charset/charset_guess.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t split = bytes.find('\n');
  const std::string_view label = bytes.substr(0, split);
  const std::string_view text = split == std::string_view::npos ? bytes : bytes.substr(split + 1);
  const mime::Text declared = mime::to_utf8(text, label);
  require(mime::is_valid_utf8(declared.utf8));
  require(declared.known_charset == mime::is_known_charset(label));
  for (const bool is_html : {false, true}) {
    const mime::CharsetGuess guess = mime::guess_charset(text, is_html);
    require(mime::is_known_charset(guess.charset));
    require(guess.confidence >= 0 && guess.confidence <= 100);
    const mime::Text read = mime::decode_text(text, label, is_html);
    require(mime::is_valid_utf8(read.utf8));
    if (read.source == mime::CharsetSource::declared) {
      require(read.utf8 == declared.utf8);
    }
  }
  require(mime::is_valid_utf8(mime::decode_raw_header(text, label)));
  return 0;
}
