#pragma once
// The packets of a filter read.
#include <cstdint>
#include <variant>

#include "posthouse/milter/result/result.h"
#include "posthouse/milter/wire/packet.h"

namespace posthouse::milter {

/// It is at work; the server waits anew.
struct Progress {};
/// It wants to see no more of the body.
struct Skip {};

using Response = std::variant<Answer, Modification, Progress, Skip>;

/// Reads what a filter says. `leading_space`: values of fields come with the space behind the colon (step::leading_space), else it
/// is added. Throws Error (Errc::protocol) for what nobody can say: an unknown letter, a field's name that is none, an address
/// that is not well formed, a reply that is not of 4xx or 5xx.
Response read_response(const Packet& packet, bool leading_space);

/// The action a filter must have asked for to send this; 0 for what is no modification.
std::uint32_t needed_actions(const Packet& packet) noexcept;

/// Reads "550 5.7.1 text", also of several lines ("550-5.7.1 one\r\n550 5.7.1 two"), each with the code of the first one. Control
/// octets become question marks, "%%" is a per cent sign. Throws Error (Errc::protocol).
Reply read_reply(std::string_view text);

}  // namespace posthouse::milter
