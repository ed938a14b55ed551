#pragma once
// A DMARC record, read (RFC 9989 section 4.7, and what RFC 7489 had besides).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mailauth {

/// What a domain's owner wishes for mail in its name that is not authenticated (RFC 9989 section 4.7, "p").
enum class DmarcPolicy : std::uint8_t {
  none,        ///< Nothing in particular.
  quarantine,  ///< It is suspicious.
  reject       ///< It is not from there.
};

/// "quarantine".
std::string_view to_string(DmarcPolicy policy) noexcept;

/// Where reports are to go.
struct DmarcReportUri {
  std::string uri{};             ///< "mailto:dmarc@example.org", as written, without a size.
  std::uint64_t max_octets = 0;  ///< The "!10m" of RFC 7489 in octets; 0 for none. RFC 9989 ignores it.
};

/// A record of version DMARC1. What else is wrong in it is left out and told in `problems` (RFC 9989 section 4.7): such
/// a tag has its default.
///
///     const auto record = DmarcRecord::parse("v=DMARC1; p=reject; sp=none; rua=mailto:dmarc@example.org");
///     record->policy == DmarcPolicy::reject
struct DmarcRecord {
  enum class Psd : std::uint8_t { unknown, yes, no };

  std::optional<DmarcPolicy> policy{};              ///< p=
  std::optional<DmarcPolicy> subdomain_policy{};    ///< sp=
  std::optional<DmarcPolicy> nonexistent_policy{};  ///< np=
  bool strict_dkim = false;                         ///< adkim=s
  bool strict_spf = false;                          ///< aspf=s
  Psd psd = Psd::unknown;                           ///< psd=: it is a public suffix, or decidedly an organization.
  bool testing = false;                             ///< t=y
  unsigned percent = 100;                           ///< pct= of RFC 7489.
  std::string failure_options = "0";                ///< fo=
  std::vector<DmarcReportUri> aggregate_uris{};     ///< rua=
  std::vector<DmarcReportUri> failure_uris{};       ///< ruf=
  bool bad_policy = false;                          ///< There is no valid p=, or an sp= or np= that is not valid.
  std::vector<std::string> problems{};              ///< What is wrong, for people; 20 at most.

  /// Reads a TXT record. Nothing when it is none of DMARC ("v=DMARC1" does not come first), or has a tag twice; `why`,
  /// when given, gets the reason. Never throws on what it reads; linear time; of each list 100 items are taken.
  static std::optional<DmarcRecord> parse(std::string_view text, std::string* why = nullptr);

  /// False where mail is to be treated as if there was no record: without a usable policy and without anywhere to report
  /// to (RFC 9989 section 4.10.1).
  bool usable() const noexcept { return !bad_policy || !aggregate_uris.empty(); }
};

/// True for a TXT record whose first tag is "v=DMARC1".
bool is_dmarc_record(std::string_view text) noexcept;

}  // namespace posthouse::mailauth
