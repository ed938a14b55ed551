// The header of a letter that streams by: what is left out, and what is remembered, does not depend on how it is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/delivery/header_filter.h"
#include "posthouse/delivery/header_scanner.h"

namespace {

using posthouse::delivery::HeaderFilter;
using posthouse::delivery::HeaderScanner;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

std::string pass(HeaderFilter filter, std::string_view message, std::size_t size) {
  std::string out;
  const HeaderFilter::Sink sink = [&out](std::string_view octets) { out += octets; };
  for (; !message.empty(); message.remove_prefix(std::min(size, message.size()))) {
    const std::string chunk(message.substr(0, size));  // of its own, so that a view kept too long shows
    filter.add(chunk, sink);
  }
  filter.finish(sink);
  return out;
}

HeaderScanner scan(std::string_view message, std::size_t size) {
  HeaderScanner scanner;
  for (; !message.empty(); message.remove_prefix(std::min(size, message.size()))) {
    const std::string chunk(message.substr(0, size));
    scanner.scan(chunk);
  }
  return scanner;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::size_t step = data[0] % 32 + 1;
  const std::string_view message(reinterpret_cast<const char*>(data) + 1, size - 1);

  const auto keep_all = [](std::string_view, std::string_view) { return false; };
  require(pass(HeaderFilter({"bcc", "from"}, keep_all), message, step) == message);
  const std::string left = pass(posthouse::delivery::bcc_filter(), message, message.size() + 1);
  require(pass(posthouse::delivery::bcc_filter(), message, step) == left);
  require(left.size() <= message.size());

  const HeaderScanner whole = scan(message, message.size() + 1), cut = scan(message, step);
  require(whole.ended() == cut.ended() && whole.received() == cut.received() && whole.has_date() == cut.has_date() &&
          whole.message_id() == cut.message_id() && whole.delivered_to() == cut.delivered_to() &&
          whole.eight_bit() == cut.eight_bit());
  return 0;
}
