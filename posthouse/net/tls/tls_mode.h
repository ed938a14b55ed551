#pragma once
// How a mail connection is protected: a word in every protocol's options, never a bool.

namespace posthouse::net {

/// How a client protects its connection. There is no "if possible" among them: what is asked for happens, or the
/// connection fails before anything secret was said.
enum class Tls {
  none,      ///< In clear text from beginning to end.
  starttls,  ///< Begins in clear text and is upgraded before log-in (STARTTLS, STLS).
  implicit,  ///< TLS from the first octet (ports 465, 993, 995).
};

}  // namespace posthouse::net
