#include "posthouse/server/smtp/received.h"

#include "posthouse/mime/fields/date.h"
#include "posthouse/smtp/wire/address_literal.h"

namespace posthouse::server {
namespace {

/// Where the client is: an address literal, or "local" where it has no IP address.
std::string place(const net::Address& peer) {
  const std::string literal = smtp::address_literal(peer);
  return literal.empty() ? "local" : literal;
}

/// Who is known by his uid has not used AUTH, which is what the A is for (RFC 3848).
std::string protocol_of(const smtp::Session& session, const smtp::Envelope& envelope, bool local) {
  std::string protocol = session.protocol(envelope.smtputf8);
  if (local && protocol.ends_with('A')) {
    protocol.pop_back();
  }
  return protocol;
}

}  // namespace

std::string received_field(const smtp::Session& session, const smtp::Envelope& envelope, std::string_view id,
                           std::chrono::system_clock::time_point when, std::optional<std::uint32_t> uid) {
  std::string field = "Received: from ";
  field.append(session.helo)
      .append(" (")
      .append(uid ? "uid " + std::to_string(*uid) : place(session.peer))
      .append(")\r\n");
  field.append("\tby ")
      .append(session.hostname)
      .append(" with ")
      .append(protocol_of(session, envelope, uid.has_value()));
  field.append(" id ").append(id);
  if (session.tls) {
    field.append("\r\n\t(").append(session.tls->version).append(" ").append(session.tls->cipher).append(")");
  }
  if (envelope.recipients.size() == 1) {
    field.append("\r\n\tfor <").append(envelope.recipients.front()).append(">");
  }
  return field.append(";\r\n\t").append(mime::format_date(when)).append("\r\n");
}

}  // namespace posthouse::server
