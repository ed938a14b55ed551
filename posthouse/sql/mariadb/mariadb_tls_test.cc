// TLS to a real server with a certificate made for it, in every mode; and how passwords are proved.
#include <memory>
#include <string>

#include "tests/support/authority.h"
#include "tests/support/mariadb_server.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mysql.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MariadbTls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!test::MariadbServer::available()) {
      return;
    }
    ours_ = std::make_unique<test::Authority>();
    const test::IssuedCertificate issued = ours_->issue({.names = {"localhost"}});
    with_tls_ = std::make_unique<test::MariadbServer>(
        test::MariadbServerOptions{.tcp = true, .cert_file = issued.cert_file, .key_file = issued.key_file});
    Connection root = connect(with_tls_->url());
    root.exec("create user ann@'127.0.0.1' identified by 'secret'");
    root.exec("create user eve@'127.0.0.1' identified by 'secret' require ssl");
  }
  static void TearDownTestSuite() {
    with_tls_.reset();
    ours_.reset();
  }
  void SetUp() override {
    if (with_tls_ == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    }
  }

  static std::string url(const std::string& host, const std::string& mode, const std::string& ca = {},
                         const std::string& user = "ann") {
    return "mysql://" + user + ":secret@" + host + ":" + std::to_string(with_tls_->port()) + "/?ssl_mode=" + mode +
           (ca.empty() ? "" : "&ssl_ca=" + ca);
  }
  static std::string cipher(const std::string& url) {
    return connect(url).query_one<std::string>(
        "select variable_value from information_schema.session_status where variable_name = 'ssl_cipher'");
  }
  static Errc refused(const std::string& url, std::string* what = nullptr) {
    return errc_thrown([&] { connect(url); }, what);
  }
  static std::string ca() { return ours_->ca_file(); }

  static std::unique_ptr<test::Authority> ours_;
  static std::unique_ptr<test::MariadbServer> with_tls_;
};

std::unique_ptr<test::Authority> MariadbTls::ours_;
std::unique_ptr<test::MariadbServer> MariadbTls::with_tls_;

TEST_F(MariadbTls, TheRightNameByTheRightAuthority) {
  EXPECT_NE(cipher(url("localhost", "verify_identity", ca())), "");
  EXPECT_NE(cipher(url("localhost", "VERIFY_IDENTITY", ca())), "") << "as MySQL's clients write it";
}

TEST_F(MariadbTls, AnotherNameIsRefusedUnlessOnlyTheAuthorityMatters) {
  std::string what;
  // Connector/C 3.4 takes 127.0.0.1 for this host, and its name for granted.
  EXPECT_EQ(refused(url("127.0.0.2", "verify_identity", ca()), &what), Errc::connection);
  EXPECT_THAT(what, HasSubstr("cannot connect to 127.0.0.2"));
  EXPECT_THAT(what, Not(HasSubstr("secret")));
  const std::string by_authority = url("127.0.0.2", "verify_ca", ca());
  if (mysql_get_client_version() < 30'400) {
    EXPECT_NE(cipher(by_authority), "");
  } else {
    EXPECT_EQ(refused(by_authority), Errc::connection) << "from 3.4 on it looks at the name wherever it has an ssl_ca";
  }
}

TEST_F(MariadbTls, AnotherAuthorityIsRefused) {
  const test::Authority other("Another CA");
  for (const char* mode : {"required", "verify_ca", "verify_identity"}) {
    EXPECT_EQ(refused(url("localhost", mode, other.ca_file())), Errc::connection) << mode;
  }
  EXPECT_EQ(refused(url("localhost", "verify_identity")), Errc::connection) << "the system does not know this one";
  EXPECT_EQ(refused(url("localhost", "verify_ca", "/no/such/file.pem")), Errc::connection);
}

TEST_F(MariadbTls, RequiredAndPreferred) {
  EXPECT_NE(cipher(url("127.0.0.1", "required")), "") << "whoever it is";
  EXPECT_NE(cipher(url("127.0.0.1", "preferred")), "");
  EXPECT_EQ(cipher(url("127.0.0.1", "disabled")), "");
}

TEST_F(MariadbTls, AServerWithoutTlsIsRefusedWhereItIsRequired) {
  const auto without = [](const std::string& mode) {
    return mariadb()->url({}, "&ssl_mode=" + mode + "&ssl_ca=" + ca());
  };
  for (const char* mode : {"required", "verify_ca", "verify_identity"}) {
    EXPECT_EQ(refused(without(mode)), Errc::connection) << mode;
  }
  for (const char* mode : {"preferred", "disabled"}) {
    EXPECT_EQ(cipher(without(mode)), "");
  }
}

TEST_F(MariadbTls, AnAccountMayRequireIt) {
  EXPECT_NE(cipher(url("127.0.0.1", "required", {}, "eve")), "");
  EXPECT_EQ(refused(url("127.0.0.1", "disabled", {}, "eve")), Errc::permission);
}

TEST_F(MariadbTls, UnknownModes) {
  std::string what;
  EXPECT_EQ(refused(url("localhost", "perhaps"), &what), Errc::usage);
  EXPECT_THAT(what, HasSubstr("verify_ca"));
}

}  // namespace
}  // namespace posthouse::sql
