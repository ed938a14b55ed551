#pragma once
// Trace fields: where a message has been (RFC 5321 section 4.4, RFC 5322 section 3.6.7).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/fields/header.h"

namespace posthouse::mime {

/// One Received field, taken apart. What is absent is empty.
///
///     Received: from mx.one.test (mx.one.test [192.0.2.1]) by mx.two.test with ESMTPS id 42
///       for <ann@two.test>; Sat, 31 Jan 2026 23:59:59 +0800
struct Received {
  std::string from{};          ///< The name the client gave in HELO or EHLO: "mx.one.test".
  std::string from_comment{};  ///< What the server knew about it: "mx.one.test [192.0.2.1]".
  std::string from_ip{};       ///< The client's IP address, out of from_comment or from; without "[" "]" and "IPv6:".
  std::string by{};            ///< The server that wrote the field.
  std::string by_comment{};    ///< What it says of itself: "Postfix".
  std::string via{};           ///< The link: "TCP".
  std::string with{};          ///< The protocol: "ESMTPS" (RFC 3848).
  std::string with_comment{};  ///< "using TLSv1.3".
  std::string id{};            ///< What that server calls the message in its log.
  std::string for_address{};   ///< The recipient, without "<" and ">".
  std::string comment{};       ///< What stands before the first clause: qmail's "qmail 42 invoked by uid 500".
  std::optional<Date> date{};  ///< When; nothing where it cannot be read.
};

/// Reads the raw value of a Received field. Clauses are taken in any order, of each the first; several words of one
/// value are joined by a blank; comments may stand anywhere. Never throws; linear time.
///
///     Received      = "Received:" *received-token ";" date-time CRLF
///     Stamp         = From-domain By-domain Opt-info [CFWS] ";" FWS date-time
Received parse_received(std::string_view raw_value);

/// All Received fields, the newest hop first, as they stand in the header.
std::vector<Received> parse_trace(const Headers& headers);

}  // namespace posthouse::mime
