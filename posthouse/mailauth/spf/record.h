#pragma once
// An SPF record, read (RFC 7208 sections 4.6, 5 and 6).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/results/result.h"

namespace posthouse::mailauth {

/// The mechanisms of RFC 7208 section 5.
enum class SpfMechanism : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

/// One directive: "~a:mail.example.org/24//64".
struct SpfTerm {
  SpfMechanism mechanism = SpfMechanism::all;
  Verdict qualifier = Verdict::pass;  ///< What it means when it matches: pass, fail, softfail or neutral.
  std::string domain{};               ///< The domain-spec, macros and all; empty: the domain of the record.
  std::string network{};              ///< ip4 and ip6: the 4 or 16 octets.
  unsigned ip4_prefix = 32;           ///< a, mx, ip4: how many bits must be the same.
  unsigned ip6_prefix = 128;          ///< a, mx, ip6.
  std::string text{};                 ///< As written.
};

/// A record whose syntax is right.
///
///     const auto record = SpfRecord::parse("v=spf1 mx -all");
///     record->terms[0].mechanism == SpfMechanism::mx
struct SpfRecord {
  std::vector<SpfTerm> terms{};           ///< In order.
  std::optional<std::string> redirect{};  ///< The domain-spec of redirect= (section 6.1).
  std::optional<std::string> exp{};       ///< That of exp= (section 6.2).

  /// Reads a whole record with its version; nothing when anything in it is wrong (section 4.6), and then `why`, when
  /// given, gets the reason. Unknown modifiers are left out. Never throws on what it reads; linear time.
  static std::optional<SpfRecord> parse(std::string_view text, std::string* why = nullptr);
};

/// True for a TXT record that is meant to be SPF: "v=spf1" and then a space or nothing (section 4.5).
bool is_spf_record(std::string_view text) noexcept;

}  // namespace posthouse::mailauth
