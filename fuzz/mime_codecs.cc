// Any octets encoded and decoded, by the vectors of each instruction set as by the plain loops.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <hwy/highway.h>

#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/codec/base64.h"
#include "posthouse/mime/codec/quoted_printable.h"
#include "posthouse/mime/wire/dash_lines.h"

using namespace posthouse;
using mime::Codec;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Decoded {
  std::string octets{};
  std::vector<mime::Defect> defects{};
  friend bool operator==(const Decoded&, const Decoded&) = default;
};

template <class Decode>
Decoded decoded(const Decode& decode, std::string_view bytes, Codec codec) {
  Decoded out{.octets = "kept"};
  decode(out.octets, bytes, &out.defects, 0, codec);
  return out;
}

template <class Encode>
std::string encoded(const Encode& encode, std::string_view bytes, Codec codec) {
  std::string out = "kept";
  encode(out, bytes, codec);
  return out.substr(4);
}

// RFC 2045 sections 6.7 (5) and 6.8.
void require_short_lines(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size());
    require(end - at <= 76);
    at = end + 2;
  }
}

void differ(std::string_view bytes) {
  require(decoded(mime::decode_base64, bytes, Codec::vectors) == decoded(mime::decode_base64, bytes, Codec::scalar));
  require(decoded(mime::decode_quoted_printable, bytes, Codec::vectors) ==
          decoded(mime::decode_quoted_printable, bytes, Codec::scalar));
  const std::string base64 = encoded(mime::encode_base64, bytes, Codec::vectors);
  require(base64 == encoded(mime::encode_base64, bytes, Codec::scalar));
  const std::string quoted = encoded(mime::encode_quoted_printable, bytes, Codec::vectors);
  require(quoted == encoded(mime::encode_quoted_printable, bytes, Codec::scalar));
  require_short_lines(base64);
  require_short_lines(quoted);

  const Decoded from_base64 = decoded(mime::decode_base64, base64, Codec::vectors);
  require(from_base64.octets.substr(4) == bytes && from_base64.defects.empty());
  // Line ends become CRLF; a second time nothing changes.
  const Decoded text = decoded(mime::decode_quoted_printable, quoted, Codec::vectors);
  require(text.defects.empty());
  require(encoded(mime::encode_quoted_printable, text.octets.substr(4), Codec::vectors) == quoted);

  require(mime::is_valid_utf8(bytes) == is_utf8(bytes));
  const std::size_t newline = bytes.find("\n--");
  const std::size_t dashes = bytes.starts_with("--")             ? 0
                             : newline == std::string_view::npos ? bytes.size()
                                                                 : newline + 1;
  require(mime::find_dash_line(bytes, 0) == dashes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    differ(bytes);
    hwy::SetSupportedTargetsForTest(0);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return 0;
}
