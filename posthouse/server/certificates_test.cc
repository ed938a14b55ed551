// The certificates a server shows: one for each name, read again at a reload.
#include <filesystem>
#include <string>

#include "tests/support/authority.h"
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/net/error.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/server.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

class CertificatesTest : public ::testing::Test {
 protected:
  CertificatesTest() { set_log_level("off"); }

  net::TlsKeyPair issue(const std::string& name) {
    const test::IssuedCertificate issued = authority.issue({.names = {name}});
    return {issued.cert_file, issued.key_file};
  }
  Config config(const net::TlsKeyPair& first, std::vector<net::TlsKeyPair> more) const {
    Config config;
    config.hostname = "one.test";
    config.data = std::filesystem::path(authority.ca_file()).parent_path() / "data";
    config.listeners = {{"submissions", "127.0.0.1", 0}, {"pop3s", "127.0.0.1", 0}};
    config.tls_cert = first.cert_file;
    config.tls_key = first.key_file;
    config.more_certificates = std::move(more);
    complete(config, config_schema());
    return config;
  }
  /// A client that asks any listener for `name` gets a certificate for it.
  void expect_shown(const Server& server, const std::string& name) const {
    const auto context = net::TlsContext::client({.ca_file = authority.ca_file()});
    for (const auto& [kind, address] : server.addresses()) {
      net::Stream stream = net::connect(address, 20s);
      EXPECT_NO_THROW(stream.start_tls_client(context, name, 20s)) << kind;
    }
  }
  void expect_not_shown(const Server& server, const std::string& name) const {
    const auto context = net::TlsContext::client({.ca_file = authority.ca_file()});
    net::Stream stream = net::connect(server.addresses().front().second, 20s);
    EXPECT_THROW(stream.start_tls_client(context, name, 20s), net::Error);
  }

  test::Authority authority;
};

TEST_F(CertificatesTest, EachNameHasItsOwnAndAReloadChangesThemAll) {
  const auto one = issue("one.test");
  const auto two = issue("two.test");
  const auto three = issue("*.three.test");
  net::run([&] {
    Server server(config(one, {two, three}));
    server.start();
    expect_shown(server, "one.test");
    expect_shown(server, "two.test");
    expect_shown(server, "mail.three.test");
    expect_not_shown(server, "four.test");
    server.reload(config(two, {issue("four.test")}));
    expect_shown(server, "two.test");
    expect_shown(server, "four.test");
    expect_not_shown(server, "one.test");
    EXPECT_THROW(server.reload(config(one, {two, {"/nowhere/cert.pem", "/nowhere/key.pem"}})), net::Error);
    expect_shown(server, "four.test");
  });
}

}  // namespace
}  // namespace posthouse::server
