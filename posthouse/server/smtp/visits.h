#pragma once
// Which addresses of the house have sent a letter on: Delivered-To fields, by which a letter that comes back is known
// (as Postfix's local(8) does). Two aliases on two servers that lead to each other would make more letters at each turn.
// Private to this module.
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::server {

/// One for all sessions; constant.
class Visits {
 public:
  /// `hostname` completes an address without a domain.
  explicit Visits(std::string hostname);

  /// The fields, each with its CRLF, for a letter that `forwarders` (delivery::Destinations) send on. They are named
  /// where `alone` says that the letter has no other recipients; else each is a mark that only this process knows, since
  /// recipients need not know of each other (RFC 5321 section 7.2).
  std::string fields(const std::vector<std::string>& forwarders, bool alone) const;

  /// The first of `forwarders` that one of `delivered_to`, the values of a letter's Delivered-To fields, names; null
  /// when there is none.
  const std::string* find(const std::vector<std::string>& forwarders,
                          const std::vector<std::string>& delivered_to) const;

 private:
  std::string full(std::string_view address) const;
  std::string mark(std::string_view address) const;

  const std::string hostname_;
  const std::string key_;
};

}  // namespace posthouse::server
