#pragma once
// MAIL's parameters about how a message is to travel: MT-PRIORITY (RFC 6710), HOLDFOR and HOLDUNTIL (FUTURERELEASE, RFC
// 4865), BY (DELIVERBY, RFC 2852) and REQUIRETLS (RFC 8689).
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/smtp/wire/envelope.h"

namespace posthouse::smtp {

/// What was asked for.
struct DeliveryParameters {
  std::optional<int> priority{};
  std::optional<std::chrono::seconds> hold_for{};
  std::optional<std::chrono::sys_seconds> hold_until{};
  std::optional<DeliverBy> deliver_by{};
  bool require_tls = false;
};

/// What became of a parameter.
enum class DeliveryParameter : std::uint8_t {
  taken,
  other,  ///< Not one of these.
  twice,  ///< It was there before, or one that it excludes.
  bad,    ///< Its value is none.
};

/// Reads one parameter into `out`. `value` is what follows "="; nothing when there is none.
DeliveryParameter read_delivery_parameter(std::string_view keyword, std::optional<std::string_view> value,
                                          DeliveryParameters& out);

/// What MAIL says for `envelope`: " MT-PRIORITY=3 REQUIRETLS"; empty when it asks for nothing.
std::string delivery_parameters(const Envelope& envelope);

/// A moment as RFC 3339 writes it, in UTC: "2026-12-01T08:00:00Z".
std::string format_moment(std::chrono::sys_seconds moment);
/// Reads one, with "Z" or an offset; fractions of a second are dropped. Nothing when it is none, or before 1970.
std::optional<std::chrono::sys_seconds> parse_moment(std::string_view text) noexcept;

}  // namespace posthouse::smtp
