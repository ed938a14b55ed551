#include "posthouse/server/smtp/received.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/fields/date.h"

namespace posthouse::server {
namespace {

/// What HELO said, if it may stand where a domain or address literal is wanted: it is the client's word.
std::string_view helo_or_unknown(std::string_view helo) {
  const auto allowed = [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || static_cast<unsigned char>(c) >= 128 ||
           std::string_view(".-_:[]").find(c) != std::string_view::npos;
  };
  return !helo.empty() && helo.size() <= 255 && std::all_of(helo.begin(), helo.end(), allowed) ? helo : "unknown";
}

std::string literal(const net::Address& address) {
  const std::string ip = address.ip();
  if (ip.empty()) {
    return "local";
  }
  return (ip.find(':') == std::string::npos ? "[" : "[IPv6:") + ip + "]";
}

}  // namespace

std::string received_field(const smtp::Session& session, const smtp::Envelope& envelope, std::string_view id,
                           std::chrono::system_clock::time_point when) {
  std::string field = "Received: from ";
  field.append(helo_or_unknown(session.helo)).append(" (").append(literal(session.peer)).append(")\r\n");
  field.append("\tby ").append(session.hostname).append(" with ").append(session.protocol(envelope.smtputf8));
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
