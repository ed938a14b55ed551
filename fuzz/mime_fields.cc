// Any octets are the value of a trace, authentication or list field, or a date: what is read is UTF-8 and bounded.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/mime/mime.h"

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
  const mime::Received hop = mime::parse_received(bytes);
  for (const std::string* text : {&hop.from, &hop.from_comment, &hop.from_ip, &hop.by, &hop.by_comment, &hop.via,
                                  &hop.with, &hop.with_comment, &hop.id, &hop.for_address, &hop.comment}) {
    require(mime::is_valid_utf8(*text));
  }
  const mime::AuthenticationResults results = mime::parse_authentication_results(bytes);
  require(results.results.size() <= 1'000 && mime::is_valid_utf8(results.authserv_id));
  for (const mime::AuthenticationResult& result : results.results) {
    for (const mime::AuthenticationProperty& property : result.properties) {
      require(mime::is_valid_utf8(property.value));
    }
  }
  for (const std::string& url : mime::parse_list_urls(bytes)) {
    require(mime::is_valid_utf8(url) && !url.empty());
  }
  const std::string header = "List-Id: " + std::string(bytes) + "\nList-Post: " + std::string(bytes) + "\n\n";
  const mime::HeaderBlock block = mime::HeaderBlock::scan(header);
  require(mime::is_valid_utf8(mime::read_mailing_list(block.headers()).id));
  if (const auto date = mime::parse_date(bytes)) {
    require(mime::parse_date(mime::format_date(*date))->utc == date->utc);
  }
  return 0;
}
