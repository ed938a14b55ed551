// Listening at a place that is written down. (By itself: it needs what looks names up, which listen(Address) does not.)
#include "posthouse/net/dns/named_addresses.h"
#include "posthouse/net/listen/listener.h"

namespace posthouse::net {

Listener listen(std::string_view address, ListenOptions options) {
  if (const auto literal = Address::try_parse(address)) {
    return listen(*literal, options);
  }
  if (address.starts_with("unix:")) {
    return listen(Address::parse(address), options);  // says what is wrong with it
  }
  return detail::first_that_works(detail::named_addresses(address, {}),
                                  [&](const Address& local) { return listen(local, options); });
}

}  // namespace posthouse::net
