// Policies asked of a web server with TLS.
#include "posthouse/mta_sts/fetch.h"

#include <string>

#include "tests/support/authority.h"
#include <gtest/gtest.h>

#include "posthouse/mailauth/testing/zone_resolver.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"

namespace posthouse::mta_sts {
namespace {

using namespace std::chrono_literals;

/// What comes of asking for the policy of a.test a server that answers `response` with a certificate for `name`.
FetchedText fetched_from(const std::string& response, const std::string& name = "mta-sts.a.test", bool trusted = true) {
  static test::Authority authority;
  FetchedText result;
  net::run([&] {
    const auto files = authority.issue({.names = {name}});
    const auto context = net::TlsContext::server({.cert_file = files.cert_file, .key_file = files.key_file});
    net::Listener listener = net::listen(net::Address("127.0.0.1", 0));
    mailauth::testing::ZoneResolver resolver;
    resolver.address("mta-sts.a.test", "127.0.0.1");
    net::Scope scope;
    scope.spawn([&] {
      try {
        net::Stream stream = listener.accept(10s);
        stream.start_tls_server(context, 10s);
        EXPECT_TRUE(stream.read_until("\r\n\r\n", 8192, 10s).starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n"));
        stream.write(response, 10s);
        stream.shutdown_write(10s);
        stream.read_all(1000, 10s);
      } catch (const net::Error&) {  // NOLINT: a client that does not trust it goes
      }
    });
    FetchOptions options;
    options.port = listener.local_address().port();
    options.connect.resolver = &resolver;
    if (trusted) {
      options.tls.ca_file = authority.ca_file();
    }
    result = fetch_policy("a.test", 20s, options);
    scope.join();
  });
  return result;
}

TEST(MtaStsFetch, AsksTheWebServer) {
  const FetchedText fetched =
      fetched_from("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nversion: STSv1\n");
  EXPECT_EQ(fetched.text, "version: STSv1\n") << fetched.why;
  EXPECT_EQ(fetched.failure, Failure::none);
}

TEST(MtaStsFetch, WhatIsNoPolicyIsRefused) {
  for (const std::string& response :
       {std::string("HTTP/1.1 404 No\r\nContent-Type: text/plain\r\n\r\nversion: STSv1\n"),
        std::string("HTTP/1.1 301 Moved\r\nLocation: https://mta-sts.a.test/x\r\nContent-Type: text/plain\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nversion: STSv1\n"),
        std::string("HTTP/1.1 200 OK\r\n\r\nversion: STSv1\n"), std::string("220 mail.test\r\n"), std::string(),
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + std::string(policy_limit + 1, 'a')}) {
    const FetchedText fetched = fetched_from(response);
    EXPECT_FALSE(fetched.text) << response.substr(0, 100);
    EXPECT_EQ(fetched.failure, Failure::policy_fetch) << fetched.why;
    EXPECT_NE(fetched.why, "");
  }
}

TEST(MtaStsFetch, TheCertificateHasToHold) {
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nversion: STSv1\n";
  EXPECT_EQ(fetched_from(good, "a.test").failure, Failure::webpki_invalid);
  EXPECT_EQ(fetched_from(good, "mta-sts.a.test", false).failure, Failure::webpki_invalid);
}

}  // namespace
}  // namespace posthouse::mta_sts
