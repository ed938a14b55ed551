#include "posthouse/http/client/client.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/http/wire/request_octets.h"
#include "posthouse/http/wire/url.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/shared_tls_context.h"

namespace posthouse::http {
namespace {

bool is_redirection(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

void read_response(net::Stream& stream, ResponseParser& parser, net::Deadline deadline) {
  while (!parser.done()) {
    stream.consume(parser.put(stream.buffered()));
    if (!parser.done() && !stream.fill(deadline)) {
      parser.put_end();
    }
  }
}

/// Sends all, and reads what the server says although it may not have read all: it may refuse early and close.
void write_request(net::Stream& stream, const std::string& octets, net::Deadline deadline) {
  try {
    stream.write(octets, deadline);
  } catch (const net::Error& error) {
    if (error.errc() != net::Errc::reset && error.errc() != net::Errc::closed) {
      throw;
    }
  }
}

Response talk(net::Stream& stream, const Request& request, const Url& url, const ClientOptions& options,
              net::Deadline deadline) {
  write_request(stream, request_octets(request, url, options.user_agent), deadline);
  std::string body;
  const ResponseParser* parser_seen = nullptr;
  ResponseParser parser(options.limits, [&](std::string_view octets) {
    const bool passed_over = options.redirects > 0 && is_redirection(parser_seen->head().status);
    if (options.sink && !passed_over) {
      options.sink(octets);
    } else {
      body += octets;
    }
  });
  parser_seen = &parser;
  read_response(stream, parser, deadline);
  Response response = parser.head();
  const auto coding = response.fields.find("content-encoding");
  if (coding && !coding->empty() && !iequals(trim(*coding), "identity")) {
    throw Error(Errc::protocol,
                "the server answers in the coding \"" + printable(*coding) + "\", which was not asked for");
  }
  response.body = std::move(body);
  response.url = url.to_string();
  return response;
}

void check_scheme(const Url& url, const ClientOptions& options) {
  if (!url.tls && !options.allow_plain) {
    throw Error(Errc::url, "only URLs of https may be asked for");
  }
}

Response send_to(const Url& url, const Request& request, const ClientOptions& options, net::Deadline deadline) {
  net::Stream stream = net::connect(url.host, url.port, deadline, options.connect);
  if (url.tls) {
    stream.start_tls_client(net::shared_client_context(options.tls), url.host, deadline);
  }
  return talk(stream, request, url, options, deadline);
}

Url next_url(const Url& url, const Response& response) {
  if (response.fields.count("location") != 1) {
    throw Error(Errc::redirect, "the server sends the client on, and does not say where to");
  }
  const Url next = url.resolve(*response.fields.find("location"));
  if (next.tls != url.tls) {
    throw Error(Errc::redirect, "the server sends the client on from one scheme to another");
  }
  return next;
}

Fields without_secrets(const Fields& fields) {
  Fields kept;
  for (const auto& [name, value] : fields) {
    if (!iequals(name, "authorization") && !iequals(name, "cookie")) {
      kept.add(name, value);
    }
  }
  return kept;
}

}  // namespace

Response send(const Request& request, const ClientOptions& options) {
  const net::Deadline deadline = net::Deadline::after(options.timeout);
  Url url = Url::parse(request.url);
  check_scheme(url, options);
  Request step = request;
  Response response = send_to(url, step, options, deadline);
  const bool follows = options.redirects > 0 && request.method == Request::Method::get;
  for (unsigned followed = 0; follows && is_redirection(response.status); ++followed) {
    if (followed == options.redirects) {
      throw Error(Errc::redirect, "the server sends the client on too often");
    }
    const Url next = next_url(url, response);
    if (!next.same_origin(url)) {
      step.fields = without_secrets(step.fields);
    }
    url = next;
    response = send_to(url, step, options, deadline);
  }
  return response;
}

Response get(const std::string& url, const ClientOptions& options) {
  return send({.method = Request::Method::get, .url = url, .fields = options.fields}, options);
}

Response post(const std::string& url, std::string body, std::string content_type, const ClientOptions& options) {
  return send({.method = Request::Method::post,
               .url = url,
               .fields = options.fields,
               .body = std::move(body),
               .content_type = std::move(content_type)},
              options);
}

Response exchange(net::Stream& stream, const Request& request, const ClientOptions& options) {
  const Url url = Url::parse(request.url);
  check_scheme(url, options);
  return talk(stream, request, url, options, net::Deadline::after(options.timeout));
}

}  // namespace posthouse::http
