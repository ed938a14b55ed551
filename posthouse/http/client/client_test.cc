// The client against servers in the same process: over memory, and over TLS on real sockets.
#include "posthouse/http/client/client.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/authority.h"
#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"

namespace posthouse::http {
namespace {

using namespace std::chrono_literals;

template <class F>
std::string code_of(F&& f) {
  try {
    f();
  } catch (const posthouse::Error& error) {
    return error.code();
  }
  return "no error";
}

/// What the server is asked, up to the end of the header and of a body of the length said.
std::string read_request(net::Stream& stream) {
  std::string request = stream.read_until("\r\n\r\n", 64 * 1024, 10s) + "\r\n\r\n";
  const std::size_t at = request.find("Content-Length: ");
  if (at != std::string::npos) {
    std::string body(std::stoul(request.substr(at + 16)), '\0');
    stream.read_exactly(body, 10s);
    request += body;
  }
  return request;
}

/// Answers one request over memory with `octets`; with `asked` what the request was.
Response over_memory(const std::string& octets, const ClientOptions& options = {}, std::string* asked = nullptr,
                     const Request& request = {.url = "https://a.test/x"}) {
  auto [client, server] = net::memory_pipe();
  net::Scope scope;
  scope.spawn([&server = server, &octets, asked] {
    const std::string said = read_request(server);
    if (asked != nullptr) {
      *asked = said;
    }
    server.write(octets, 10s);
    server.shutdown_write(10s);
  });
  Response response = exchange(client, request, options);
  scope.join();
  return response;
}

TEST(HttpClient, AsksAndReads) {
  std::string asked;
  const Response response = over_memory("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello", {}, &asked);
  EXPECT_EQ(asked.substr(0, asked.find("\r\n")), "GET /x HTTP/1.1");
  EXPECT_TRUE(response.ok());
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.url, "https://a.test/x");
  const Response posted =
      over_memory("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", {}, &asked,
                  {.method = Request::Method::post, .url = "https://a.test/x", .body = "a=1", .content_type = "a/b"});
  EXPECT_EQ(posted.status, 500);
  EXPECT_FALSE(posted.ok());
  EXPECT_TRUE(asked.ends_with("\r\n\r\na=1"));
}

TEST(HttpClient, BodiesGoToASink) {
  std::string got;
  ClientOptions options;
  options.sink = [&](std::string_view octets) { got += octets; };
  const Response response =
      over_memory("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", options);
  EXPECT_EQ(got, "abc");
  EXPECT_EQ(response.body, "");
}

TEST(HttpClient, CodingsNobodyAskedForAreRefused) {
  EXPECT_EQ(code_of([] { over_memory("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx"); }), "http.protocol");
  EXPECT_EQ(over_memory("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\nx").body, "x");
}

TEST(HttpClient, PlainUrlsHaveToBeAllowed) {
  EXPECT_EQ(code_of([] { get("http://127.0.0.1:1/"); }), "http.url");
  EXPECT_EQ(code_of([] { get("https://a.test/\r\nX: y"); }), "http.url");
}

/// A web server on 127.0.0.1 with TLS; `answer` is given the target and makes the response.
class WebServer {
 public:
  using Answer = std::function<std::string(const std::string& target, const std::string& request)>;
  WebServer(const net::TlsContext& context, const Answer& answer) {
    scope_.spawn([this, context, answer] {
      while (true) {
        net::Stream stream = listener_.accept();
        scope_.spawn([this, context, answer, held = std::make_shared<net::Stream>(std::move(stream))] {
          serve(*held, context, answer);
        });
      }
    });
  }
  std::string url(const std::string& target, const std::string& host = "localhost") const {
    return "https://" + host + ":" + std::to_string(listener_.local_address().port()) + target;
  }

 private:
  void serve(net::Stream& stream, const net::TlsContext& context, const Answer& answer) {
    try {
      stream.start_tls_server(context, 10s);
      const std::string request = read_request(stream);
      std::string_view words = request;
      take_word(words);
      stream.write(answer(std::string(take_word(words)), request), 10s);
      stream.shutdown_write(10s);
      stream.read_all(1000, 10s);
    } catch (const net::Error& error) {
      if (error.errc() == net::Errc::canceled) {
        throw;
      }
    }
  }

  net::Listener listener_ = net::listen(net::Address("127.0.0.1", 0));
  net::Scope scope_;  // last: its fibers use the rest
};

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}
std::string moved(const std::string& where) {
  return "HTTP/1.1 302 Found\r\nLocation: " + where + "\r\nContent-Length: 4\r\n\r\ngone";
}

class HttpsTest : public ::testing::Test {
 protected:
  void with_server(const WebServer::Answer& answer, const std::function<void(const WebServer&)>& test) {
    net::run([&] {
      const auto files = authority.issue({.names = {"localhost"}});
      WebServer server(net::TlsContext::server({.cert_file = files.cert_file, .key_file = files.key_file}), answer);
      test(server);
    });
  }
  test::Authority authority;
  ClientOptions options{.timeout = 20s, .tls = {.ca_file = authority.ca_file()}};
};

TEST_F(HttpsTest, CertificatesAreVerified) {
  with_server([](const std::string& target, const std::string&) { return ok("you asked for " + target); },
              [&](const WebServer& server) {
                EXPECT_EQ(get(server.url("/a?b"), options).body, "you asked for /a?b");
                EXPECT_EQ(code_of([&] { get(server.url("/"), {.timeout = 20s}); }), "net.certificate");
                EXPECT_EQ(code_of([&] { get(server.url("/", "127.0.0.1"), options); }), "net.certificate");
              });
}

TEST_F(HttpsTest, RedirectionsAreFollowedWhereAllowed) {
  std::vector<std::string> targets;
  const auto answer = [&](const std::string& target, const std::string&) {
    targets.push_back(target);
    if (target == "/a") {
      return moved("b?c");
    }
    if (target == "/loop") {
      return moved("/loop");
    }
    if (target == "/plain") {
      return moved("http://localhost/");
    }
    if (target == "/lost") {
      return std::string("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n");
    }
    return ok("here");
  };
  with_server(answer, [&](const WebServer& server) {
    EXPECT_EQ(get(server.url("/a"), options).status, 302) << "none by default";
    options.redirects = 3;
    std::string got;
    options.sink = [&](std::string_view octets) { got += octets; };
    const Response response = get(server.url("/a"), options);
    EXPECT_EQ(got, "here");
    EXPECT_EQ(response.url, server.url("/b?c"));
    targets.clear();
    EXPECT_EQ(code_of([&] { get(server.url("/loop"), options); }), "http.redirect");
    EXPECT_EQ(targets.size(), 4U);
    options.allow_plain = true;
    EXPECT_EQ(code_of([&] { get(server.url("/plain"), options); }), "http.redirect");
    EXPECT_EQ(code_of([&] { get(server.url("/lost"), options); }), "http.redirect");
    EXPECT_EQ(post(server.url("/a"), "x", "text/plain", options).status, 302) << "a POST is never sent twice";
  });
}

TEST_F(HttpsTest, SecretsStayWithTheirOrigin) {
  std::string second_request;
  const auto answer_second = [&](const std::string&, const std::string& request) {
    second_request = request;
    return ok("x");
  };
  with_server(answer_second, [&](const WebServer& second) {
    const auto files = authority.issue({.names = {"localhost"}});
    WebServer first(net::TlsContext::server({.cert_file = files.cert_file, .key_file = files.key_file}),
                    [&](const std::string&, const std::string&) { return moved(second.url("/")); });
    options.redirects = 1;
    options.fields = {{"Authorization", "Bearer secret"}, {"Accept", "a/b"}};
    EXPECT_EQ(get(first.url("/"), options).body, "x");
    EXPECT_EQ(second_request.find("secret"), std::string::npos);
    EXPECT_NE(second_request.find("Accept: a/b"), std::string::npos);
  });
}

TEST_F(HttpsTest, AServerThatSaysNothingIsGivenUp) {
  net::run([&] {
    const net::Listener silent = net::listen(net::Address("127.0.0.1", 0));
    options.timeout = 50ms;
    EXPECT_EQ(
        code_of([&] { get("https://127.0.0.1:" + std::to_string(silent.local_address().port()) + "/", options); }),
        "net.timeout");
  });
}

}  // namespace
}  // namespace posthouse::http
