#pragma once
// Who is here and where an address leads: the store's accounts as the sessions ask for them. Private to this module.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "posthouse/store/store.h"

namespace posthouse::server {

/// Safe to use from every session at the same time.
class Directory {
 public:
  Directory(std::shared_ptr<store::Store> store, std::string hostname);

  /// Where `address` leads; "postmaster" without a domain is the one of this house (RFC 5321 section 4.5.1).
  store::Resolution resolve(std::string_view address);

  /// True when all accounts that it leads to may hold a message more, of `octets`.
  bool has_room(const store::Resolution& resolution, std::uint64_t octets);

  /// True when `address` is at a domain of this house, whether it leads anywhere or not.
  bool is_local(std::string_view address);

  /// True when mail from `address` is mail from `account`: its own address, one with a detail (ann+books@), an alias that leads
  /// to it, or a list that it owns.
  bool may_send_as(const store::Account& account, std::string_view address);

  enum class MayPost : std::uint8_t { yes, no, nobody_there };
  /// Whether a letter from `sender`, which is empty for the null sender, may go to the members of `list`; `account` is who has
  /// logged in, 0 for nobody. Of a list that not everybody may write to: addresses of this house count only of those who
  /// have logged in.
  MayPost may_post(std::string_view list, std::string_view sender, store::AccountId account);

 private:
  bool leads_to(std::string_view address, store::AccountId account);

  std::shared_ptr<store::Store> store_;
  const std::string hostname_;
};

}  // namespace posthouse::server
