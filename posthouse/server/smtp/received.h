#pragma once
// The trace fields that this house puts in front of a message. Private to this module.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/smtp/server/session.h"
#include "posthouse/smtp/wire/envelope.h"

namespace posthouse::server {

/// The Received: field (RFC 5321 section 4.4) with its CRLF, folded. The recipient is named only when there is just
/// one: the others need not know of each other (RFC 5321 section 7.6). `uid` is the user of this machine that hands it in.
std::string received_field(const smtp::Session& session, const smtp::Envelope& envelope, std::string_view id,
                           std::chrono::system_clock::time_point when, std::optional<std::uint32_t> uid = std::nullopt);

}  // namespace posthouse::server
