#pragma once
// Header fields taken apart but not decoded: for IMAP, whose clients decode them (RFC 9051 section 7.5.2).
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/fields/parameters.h"
#include "posthouse/mime/wire/limits.h"

namespace posthouse::mime {

/// One mailbox as it is in the message: quotes, folds and comments are gone, encoded words (RFC 2047) and octets that are
/// not UTF-8 are still there in `name` and `comment`.
struct WrittenAddress {
  std::string name{};        ///< The display name; empty when there is none.
  std::string route{};       ///< The obsolete source route "@relay.test,@other.test" (RFC 5322 section 4.4).
  std::string local_part{};  ///< Without quotes; the whole of what has no "@".
  std::string domain{};      ///< Empty when there is none.
  std::string comment{};     ///< Of the old form "ann@one.test (Ann)".

  friend bool operator==(const WrittenAddress&, const WrittenAddress&) = default;
};

/// A named list of addresses, or a run of addresses outside any group.
struct WrittenGroup {
  bool named = false;
  std::string name{};
  std::vector<WrittenAddress> members{};

  friend bool operator==(const WrittenGroup&, const WrittenGroup&) = default;
};

/// The addresses in a header field's value, read as parse_address_groups() reads them.
std::vector<WrittenGroup> parse_written_addresses(std::string_view value, std::size_t limit = 100'000);

/// The value before the first ";" and the parameters behind it, in order, as parse_parameters() finds them. Names keep
/// their case and the "*" marks of RFC 2231, values lose quotes, escapes and folds. Never throws; linear time.
ParameterizedValue parse_written_parameters(std::string_view raw_value, const Limits& limits = {});

}  // namespace posthouse::mime
