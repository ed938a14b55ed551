#include "posthouse/relay/verdict.h"

#include <charconv>

#include "posthouse/net/error.h"
#include "posthouse/smtp/client/client.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::relay {
namespace {

/// The status a reply carries, or what its code alone says.
std::string status_of(const smtp::Reply& reply) {
  if (!reply.enhanced.empty()) {
    return reply.enhanced;
  }
  return reply.positive() ? "2.0.0" : reply.permanent() ? "5.0.0" : reply.transient() ? "4.0.0" : "4.5.0";
}

std::string status_of(const net::Error& error) {
  switch (error.errc()) {
    case net::Errc::name_not_found:
      return "4.4.4";
    case net::Errc::refused:
    case net::Errc::unreachable:
    case net::Errc::timeout:
      return "4.4.1";
    case net::Errc::tls:
    case net::Errc::certificate:
      return "4.7.5";
    default:
      return "4.4.2";
  }
}

}  // namespace

Verdict judge(const smtp::Reply& reply, const std::string& host) {
  // Anything that is no clear "never" is tried again (RFC 5321 section 4.2.1: 4yz; what makes no sense counts as that).
  const Verdict::Kind kind = reply.positive()    ? Verdict::Kind::delivered
                             : reply.permanent() ? Verdict::Kind::permanent
                                                 : Verdict::Kind::temporary;
  return {kind, status_of(reply), reply.to_string(), host, kind == Verdict::Kind::temporary};
}

Verdict judge(const std::exception& error, const std::string& host) {
  const std::string what = host.empty() ? error.what() : host + ": " + error.what();
  // After the whole message the host may have it: it is asked again, later, and no other is.
  const auto* failure = dynamic_cast<const posthouse::Error*>(&error);
  const bool elsewhere = failure != nullptr && failure->statement() != smtp::the_message;
  if (const auto* smtp_error = dynamic_cast<const smtp::Error*>(&error)) {
    if (smtp_error->errc() == smtp::Errc::protocol) {
      return {Verdict::Kind::temporary, "4.5.0", std::string("protocol error: ") + error.what(), {}, elsewhere};
    }
    if (smtp_error->answer().transient() || smtp_error->answer().permanent()) {
      return judge(smtp_error->answer(), host);
    }
    if (smtp_error->errc() == smtp::Errc::bad_message) {
      return {Verdict::Kind::permanent, "5.6.0", what, {}};
    }
    if (smtp_error->errc() == smtp::Errc::tls_unavailable) {
      return {Verdict::Kind::temporary, "4.7.4", what, {}, true};
    }
    return {Verdict::Kind::temporary, "4.5.0", what, {}, elsewhere};
  }
  if (net::is_canceled(error)) {
    return {Verdict::Kind::canceled, {}, "canceled", {}};
  }
  if (const auto* network = dynamic_cast<const net::Error*>(&error)) {
    return {Verdict::Kind::temporary, status_of(*network), what, {}, elsewhere};
  }
  return {Verdict::Kind::temporary, "4.3.0", what, {}};
}

Verdict judge_unsupported(const smtp::Client& client, const smtp::Envelope& envelope, const std::string& host) {
  std::uint64_t limit = 0;
  const std::string_view size = client.parameters("SIZE");
  std::from_chars(size.data(), size.data() + size.size(), limit);
  if (limit != 0 && envelope.size && *envelope.size > limit) {
    return {Verdict::Kind::permanent,
            "5.3.4",
            host + " takes messages of up to " + std::to_string(limit) + " octets; this one has " +
                std::to_string(*envelope.size),
            {}};
  }
  if (envelope.require_tls && !client.supports("REQUIRETLS")) {
    return {
        Verdict::Kind::permanent, "5.7.30", host + " does not promise to hand it on over TLS only (REQUIRETLS)", {}};
  }
  if (envelope.smtputf8 && !client.supports("SMTPUTF8")) {
    return {Verdict::Kind::permanent, "5.6.7", host + " does not take addresses or headers in UTF-8 (SMTPUTF8)", {}};
  }
  return {Verdict::Kind::permanent, "5.6.3", host + " does not take octets above 127 (8BITMIME)", {}};
}

}  // namespace posthouse::relay
