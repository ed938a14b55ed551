#pragma once
// Places written as a name and a port. (Internal to the module.)
#include <cstddef>
#include <string_view>
#include <vector>

#include "posthouse/net/address.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net::detail {

/// The addresses of "host.example:9999"; never empty. Throws Error: Errc::invalid when it is not of that form, and as
/// system_addresses() does.
std::vector<Address> named_addresses(std::string_view text, Deadline deadline);

/// What `open` returns for the first of the addresses with which it works. Throws what it throws for the last one.
template <class Open>
auto first_that_works(const std::vector<Address>& addresses, Open open) {
  for (std::size_t i = 0;; ++i) {
    try {
      return open(addresses[i]);
    } catch (const Error&) {
      if (i + 1 == addresses.size()) {
        throw;
      }
    }
  }
}

}  // namespace posthouse::net::detail
