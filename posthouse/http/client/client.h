#pragma once
// Asking a web server (RFC 9110, RFC 9112): one request, one answer, one connection.
#include <functional>
#include <string>
#include <string_view>

#include "posthouse/http/error.h"
#include "posthouse/http/wire/message.h"
#include "posthouse/http/wire/response_parser.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/stream/connect_options.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::http {

/// How a request is made.
struct ClientOptions {
  /// For all of it: names, connections, TLS, redirections, the whole answer.
  net::Duration timeout = std::chrono::seconds(60);
  Fields fields{};  ///< Of the request, for get() and post().
  ResponseLimits limits{};
  /// How many redirections (301, 302, 303, 307, 308) are followed, of a GET and within its scheme only. Beyond that they
  /// are Errc::redirect; with 0 they are answers like any other. Authorization and Cookie stay with their origin.
  unsigned redirects = 0;
  bool allow_plain = false;  ///< URLs of http may be asked for, too.
  net::TlsClientOptions tls{};
  net::ConnectOptions connect{};
  std::string user_agent = "Posthouse";
  /// Gets the body of the final answer piece by piece, instead of Response::body. May throw: that ends the request.
  std::function<void(std::string_view)> sink{};
};

/// Sends `request` and returns the answer, whatever its status. Throws Error; net::Error for what the network does: no such
/// name, refused, timeout, a certificate that does not hold.
Response send(const Request& request, const ClientOptions& options = {});

/// send() of a GET.
///
///     const http::Response answer = http::get("https://example.org/list.txt", {.timeout = 20s});
///     if (answer.ok()) { use(answer.body); }
Response get(const std::string& url, const ClientOptions& options = {});

/// send() of a POST.
///
///     http::post("https://example.org/form", "a=1", "application/x-www-form-urlencoded");
Response post(const std::string& url, std::string body, std::string content_type, const ClientOptions& options = {});

/// One request and its answer over a connection that stands; nothing can be asked over it afterwards. Redirections are
/// not followed. Throws as send().
Response exchange(net::Stream& stream, const Request& request, const ClientOptions& options = {});

}  // namespace posthouse::http
