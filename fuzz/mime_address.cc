// Any octets are a list of addresses: what is read is UTF-8 and within its bounds, and a strict address stays itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/fields/address.h"

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
  bool valid = true;
  std::size_t count = 0;
  for (const mime::AddressGroup& group : mime::parse_address_groups(bytes, 1'000, &valid)) {
    require(mime::is_valid_utf8(group.name.value_or("")));
    for (const mime::Address& address : group.members) {
      require(mime::is_valid_utf8(address.name) && mime::is_valid_utf8(address.addr));
      require(address.local_part().size() <= address.addr.size());
      ++count;
    }
  }
  require(count <= 1'000 && count == mime::parse_addresses(bytes, 1'000).size());
  if (const auto address = mime::parse_address(bytes)) {
    const auto again = mime::parse_address(address->addr);
    require(again && again->addr == address->addr);
    const auto shown = mime::parse_addresses(mime::to_string(*address));
    require(shown.size() == 1 && shown[0].addr == address->addr);
    if (const auto value = address->mailbox()) {
      const auto read = mime::parse_address(value->unicode());
      require(read && read->mailbox() == value);
    }
  }
  return 0;
}
