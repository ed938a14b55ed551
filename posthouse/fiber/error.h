#pragma once
// Expiry and cancellation; failures of the system, of the network, of names, of certificates.
//
// One type for all of them, here and not in net. A call that reads from a socket fails by what the socket says, or
// because its fiber is canceled or its time is over, and whoever catches the one around it means the other, too: with a
// type for each module `catch (const net::Error&)` would let cancellation through. Cancellation is thrown here, below
// net; so the type stands here, with the kinds that only net throws, and net::Error is this very type.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::fiber {

/// What kind of failure it was. `code()` of the error is "net." followed by the name here.
enum class Errc {
  timeout,         ///< The deadline passed.
  canceled,        ///< The Scope was canceled, or the listener closed.
  closed,          ///< The stream ended in the middle of what was asked for, or is closed on this side.
  reset,           ///< The peer broke the connection off.
  refused,         ///< Nobody listens there.
  unreachable,     ///< No way to that host or network.
  name_not_found,  ///< The name has no address; retryable() tells whether that may be temporary.
  bogus,           ///< The DNS's answer fails validation (DNSSEC): forged, or signed wrongly.
  address_in_use,  ///< Another socket listens there.
  permission,      ///< The system does not allow it.
  too_long,        ///< A line or item is longer than its limit.
  tls,             ///< The TLS handshake or record layer failed.
  certificate,     ///< The peer's certificate does not verify.
  invalid,         ///< The caller asked for something that cannot be, e.g. a malformed address.
  system,          ///< Anything else the system reports; system_errno() says what.
};

/// The name of `errc`: "timeout".
std::string_view to_string(Errc errc) noexcept;

/// A failure of a call that waits, of the network or of the system.
///
///     try { stream.read_line(1000, 30s); }
///     catch (const net::Error& error) { if (error.errc() == net::Errc::timeout) … }
class Error : public posthouse::Error {
 public:
  /// `system_errno` is 0 where no system call failed. retryable() follows from the kind unless `retryable` says so.
  Error(Errc errc, const std::string& what, int system_errno = 0, bool connection_usable = false,
        SourceLocation where = SourceLocation::current());
  /// For failures whose kind does not tell whether trying again may help.
  Error(Errc errc, const std::string& what, posthouse::ErrorDetails details, int system_errno = 0,
        SourceLocation where = SourceLocation::current());

  Errc errc() const noexcept { return errc_; }
  /// The `errno` behind it; 0 when there was none.
  int system_errno() const noexcept { return system_errno_; }

  /// The Error for `system_errno` that happened in `action` ("cannot connect to 127.0.0.1:25"): its kind is derived,
  /// the message is "<action>: <the system's words>".
  static Error from_errno(int system_errno, const std::string& action,
                          SourceLocation where = SourceLocation::current());

 private:
  Errc errc_;
  int system_errno_;
};

/// True when `error` is the cancellation of a Scope.
bool is_canceled(const std::exception& error) noexcept;

}  // namespace posthouse::fiber
