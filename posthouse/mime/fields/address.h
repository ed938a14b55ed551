#pragma once
// Addresses as header fields have them (RFC 5322 section 3.4, obsolete forms of 4.4, UTF-8 of RFC 6532).
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mail/address.h"

namespace posthouse::mime {

/// One mailbox: whom a person reads, and where mail goes.
struct Address {
  std::string name{};  ///< Display name, decoded, UTF-8; empty when there is none.
  std::string addr{};  ///< addr-spec "ann@one.test", UTF-8; a local part that needs quotes has them.
  /// The comment of the old form "ann@one.test (Ann)"; RFC 5322 section 3.4 gives it no meaning, so it is not the name.
  std::string comment{};

  /// What stands before the last "@"; all of addr when there is none.
  std::string_view local_part() const noexcept;
  /// What stands after the last "@"; empty when there is none.
  std::string_view domain() const noexcept;

  /// The same as a value, for comparing and for the envelope: the two spellings of a domain are one. Nothing when addr is
  /// not one that an envelope takes (a bare word, forms that only headers may have).
  std::optional<mail::Address> mailbox() const;

  friend bool operator==(const Address&, const Address&) = default;
};

/// A named list of addresses ("Team: ann@one.test, bob@one.test;"), or a run of addresses outside any group.
struct AddressGroup {
  std::optional<std::string> name{};  ///< Nothing for addresses outside a group.
  std::vector<Address> members{};     ///< Empty for "undisclosed-recipients:;".

  friend bool operator==(const AddressGroup&, const AddressGroup&) = default;
};

/// The addresses in a header field's value or in what a person typed, those inside groups too, in order.
///
/// Best effort, never throws, linear time: comments are skipped, encoded words in names are decoded, obsolete routes
/// are dropped, what is no address is skipped. A bare word without "@" gives an Address whose addr is that word. At
/// most `limit` addresses.
///
///     parse_addresses("=?utf-8?B?5byg5LiJ?= <ann@one.test>, bob@two.test (Bob)")
///       // {{"张三", "ann@one.test"}, {"", "bob@two.test", "Bob"}}
std::vector<Address> parse_addresses(std::string_view value, std::size_t limit = 100'000);

/// The same with the groups kept, as IMAP's ENVELOPE wants them. Neighbours outside a group share one nameless entry.
/// `valid`, when given, is set to false if something in `value` was no address or the limit was reached.
std::vector<AddressGroup> parse_address_groups(std::string_view value, std::size_t limit = 100'000,
                                               bool* valid = nullptr);

/// The one address in `value`; nothing unless there is exactly one and it is well formed (it has a local part and a
/// domain). For what a person or a program gives as an address: strict.
std::optional<Address> parse_address(std::string_view value);

/// True for the fields whose value is a list of mailboxes, case aside: From, To, Resent-To, …
bool is_address_field(std::string_view name) noexcept;

/// `Ann Smith <ann@one.test>` for people, UTF-8, the name quoted where it has to be. Not for writing header fields with
/// non-ASCII names: MessageBuilder does that.
std::string to_string(const Address& address);
/// Several, separated by ", ".
std::string to_string(const std::vector<Address>& addresses);

}  // namespace posthouse::mime
