#include "posthouse/server/smtp/visits.h"

#include <algorithm>
#include <set>
#include <utility>

#include "posthouse/base/digest.h"
#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/fiber/random.h"
#include "posthouse/mail/address.h"
#include "posthouse/store/accounts/accounts.h"

namespace posthouse::server {

Visits::Visits(std::string hostname) : hostname_(std::move(hostname)), key_(fiber::random_hex(32)) {}

std::string Visits::full(std::string_view address) const {
  return address.find('@') == std::string_view::npos ? std::string(address) + "@" + hostname_ : std::string(address);
}

std::string Visits::mark(std::string_view address) const {
  return hex_encode(sha256(key_ + full(address))).substr(0, 32) + "@" + hostname_;
}

std::string Visits::fields(const std::vector<std::string>& forwarders, bool alone) const {
  std::string out;
  for (const std::string& forwarder : forwarders) {
    const auto address = mail::Address::parse(full(forwarder));
    const auto named = alone && address ? address->ascii() : std::nullopt;  // headers stay ASCII
    out.append("Delivered-To: ").append(named ? *named : mark(forwarder)).append("\r\n");
  }
  return out;
}

const std::string* Visits::find(const std::vector<std::string>& forwarders,
                                const std::vector<std::string>& delivered_to) const {
  std::set<std::string> visited;  // as they stand, and as addresses are compared
  for (const std::string& value : delivered_to) {
    visited.emplace(trim(value));
    if (auto address = store::normalize_address(trim(value))) {
      visited.insert(*std::move(address));
    }
  }
  const auto found = std::find_if(forwarders.begin(), forwarders.end(), [&](const std::string& forwarder) {
    const auto address = store::normalize_address(full(forwarder));
    return !visited.empty() && (visited.contains(mark(forwarder)) || (address && visited.contains(*address)));
  });
  return found == forwarders.end() ? nullptr : &*found;
}

}  // namespace posthouse::server
