#pragma once
// How the log names who a letter is from and to. Private to this module.
#include <cstddef>
#include <string>

#include "posthouse/smtp/wire/envelope.h"

namespace posthouse::server {

/// How many recipients one line of the log names.
inline constexpr std::size_t recipients_a_line = 50;

/// The sender as the value of a field; <> for the null one.
std::string sender_shown(const smtp::Envelope& envelope);

/// " to=ann@one.test to=…" for the recipients from number `first` on, as many as a line takes.
std::string recipient_fields(const smtp::Envelope& envelope, std::size_t first);

}  // namespace posthouse::server
