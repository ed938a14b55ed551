#pragma once
// What names and addresses in a script may be.
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::sieve {

/// The name of a header field (RFC 5322 section 2.2).
bool is_field_name(std::string_view name) noexcept;
/// A variable without its namespace (RFC 5229 section 3): a letter or "_", then digits, too.
bool is_variable_name(std::string_view name) noexcept;
/// The name of a script that can be included (RFC 5804 section 1.6, without "/"): UTF-8 without control characters.
bool is_script_name(std::string_view name) noexcept;
/// A mailbox as `fileinto` takes it: UTF-8 that is not empty, without control characters.
bool is_mailbox_name(std::string_view name) noexcept;
/// A flag (RFC 9051 section 9): an atom, "\" before it or not.
bool is_flag(std::string_view name) noexcept;
/// A special use (RFC 6154): "\" and an atom.
bool is_special_use(std::string_view flag) noexcept;
/// An annotation's name (RFC 5464 section 3.1): "/private/…" or "/shared/…".
bool is_annotation(std::string_view name) noexcept;
/// True for the fields in which the test "address" looks for addresses (RFC 5228 section 5.1), case aside.
bool has_addresses(std::string_view field) noexcept;

/// The addr-spec of the one address in `text`, which may have a name and blanks as header fields have them; quoted only
/// where needed. Nothing where there is none, or more than one, or its local part is not ASCII.
std::optional<std::string> outgoing_address(std::string_view text);

}  // namespace posthouse::sieve
