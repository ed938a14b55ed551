#pragma once
// What a domain says about the TLS of the hosts that take its mail (RFC 8461 section 3.2).
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mta_sts {

/// What is to be done where a host does not keep to the policy.
enum class Mode : std::uint8_t {
  none,     ///< Nothing: as if there were no policy.
  testing,  ///< Mail is delivered; the failure is reported (RFC 8460).
  enforce   ///< No mail is delivered to that host.
};
/// The word of a policy: "enforce".
std::string_view to_string(Mode mode) noexcept;

/// A policy.
struct Policy {
  Mode mode = Mode::none;
  /// The hosts that may take the mail, in lower case and A-labels: "mail.example", or "*.example". Never empty unless the
  /// mode is `none`.
  std::vector<std::string> mx{};
  std::chrono::seconds max_age{};  ///< How long it may be kept, at most 31,557,600 s, which is about a year.
  std::string text{};              ///< As it was published: what reports quote.

  /// True when mail may go to `host`, the exchange of an MX record. A leading "*" stands for exactly one label; names are
  /// compared without case, and those of other letters than ASCII as A-labels (RFC 8461 section 4.1).
  ///
  ///     policy.matches("mx1.example")   // by "*.example", and not "a.mx1.example" nor "example"
  bool matches(std::string_view host) const;
};

/// The most octets of a policy that are read.
inline constexpr std::size_t policy_limit = 64 * 1024;

/// Reads the text of a policy; lines end with CRLF or LF. Keys that are not known are passed over, and so is a second
/// `version`, `mode` or `max_age`; at most 256 `mx` are taken. Nothing, and a sentence in `why`, when it is malformed.
std::optional<Policy> parse_policy(std::string_view text, std::string& why);

/// The id in the TXT record of `_mta-sts.DOMAIN` (RFC 8461 section 3.1): 1 to 32 letters and digits. `texts` are all
/// records of that name; those that do not begin with "v=STSv1;" are of something else. Nothing, and a sentence in `why`,
/// when not exactly one is left, or it is malformed.
std::optional<std::string> parse_records(const std::vector<std::string>& texts, std::string& why);

}  // namespace posthouse::mta_sts
