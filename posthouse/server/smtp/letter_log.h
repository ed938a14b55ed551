#pragma once
// How the log names who hands in a letter, and who it is to. Private to this module.
#include <cstddef>
#include <string>

#include "posthouse/smtp/server/session.h"
#include "posthouse/smtp/wire/envelope.h"

namespace posthouse::server {

/// How many recipients one line of the log names.
inline constexpr std::size_t recipients_a_line = 50;

/// " user=ann@one.test"; nothing before the log-in.
std::string user_field(const smtp::Session& session);

/// " to=ann@one.test to=…" for the recipients from number `first` on, as many as a line takes.
std::string recipient_fields(const smtp::Envelope& envelope, std::size_t first);

}  // namespace posthouse::server
