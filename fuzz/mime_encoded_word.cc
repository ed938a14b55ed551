// Any octets are the value of a field: what is decoded is UTF-8, and text survives being encoded.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/charset/charset_guess.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/fields/message_id.h"
#include "posthouse/mime/fields/parameters.h"

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
  std::vector<mime::Defect> defects;
  require(mime::is_valid_utf8(mime::decode_words(bytes, &defects)));
  for (const mime::Defect& defect : defects) {
    require(defect.offset <= size);
  }
  const std::string readable = mime::decode_raw_header(bytes);
  require(mime::is_valid_utf8(readable));

  std::string line = readable;
  for (char& c : line) {
    if (c == '\r' || c == '\n' || c == '\0') {
      c = '.';
    }
  }
  require(mime::decode_words(mime::encode_words(line, 9)) == line);
  // A longer value is cut into more pieces than Limits::parameters.
  if (line.size() < 8192) {
    require(mime::parse_parameters("x" + mime::encode_parameter("p", line)).get("p") == line);
  }
  for (const mime::Parameter& parameter : mime::parse_parameters(bytes).parameters) {
    require(mime::is_valid_utf8(parameter.value));
  }
  for (const std::string& id : mime::parse_message_ids(bytes)) {
    require(!id.empty());
  }
  return 0;
}
