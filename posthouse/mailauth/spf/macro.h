#pragma once
// Macros: what SPF records write where a name depends on the client and the sender (RFC 7208 section 7). (Internal to the
// module.)
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/net/address.h"

namespace posthouse::mailauth {

/// Where a macro stands decides what it may be.
enum class MacroPlace {
  domain,       ///< A domain-spec, or the value of an unknown modifier: the letters s l o d i p v h.
  explanation,  ///< The text that exp= leads to: c r t and spaces, too.
};

/// True when every octet is one that a macro-string may have and every macro in it is one (section 7.1).
bool is_macro_string(std::string_view text, MacroPlace place) noexcept;
/// True for a domain-spec: a macro-string that ends with a macro or with a dot and a top label (section 7.1).
///
///     domain-spec = macro-string domain-end
///     domain-end  = ( "." toplabel [ "." ] ) / macro-expand
bool is_domain_spec(std::string_view text) noexcept;

/// What the letters stand for.
struct MacroValues {
  net::Address ip{};                         ///< i c v: the client.
  std::string local_part{};                  ///< l
  std::string sender_domain{};               ///< o
  std::string domain{};                      ///< d: the domain whose record is read.
  std::string helo{};                        ///< h
  std::string receiver{};                    ///< r
  std::function<std::string()> host_name{};  ///< p: asked for when needed.
};

/// `text`, which is_macro_string(), with all macros expanded. Nothing when that is longer than 64 KiB.
std::optional<std::string> expand_macros(std::string_view text, const MacroValues& values);
/// The same for a domain-spec: a last dot goes, and labels on the left until no more than 253 octets are left (section
/// 7.3). May be no name of the DNS.
std::string expand_domain(std::string_view text, const MacroValues& values);

}  // namespace posthouse::mailauth
