// Any octets are HTML, and flowed text: what a person gets to read is UTF-8 and within its limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/html/html_text.h"
#include "posthouse/mime/read/flowed.h"

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
  const std::string text = mime::html_to_text(bytes);
  require(mime::is_valid_utf8(text));
  require(text.empty() || (text.ends_with('\n') && !text.ends_with("\n\n")));
  require(mime::html_to_text(bytes, {.limit = 100, .links = false}).size() <= 3 * 100 + 1);  // U+FFFD is three octets
  mime::decode_html_references(bytes);
  for (const bool delsp : {false, true}) {
    require(mime::unflow(bytes, delsp).size() <= 2 * size + 1);
  }
  return 0;
}
