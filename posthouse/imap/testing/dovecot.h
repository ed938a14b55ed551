#pragma once
// A Dovecot for the tests of this module: a server that somebody else wrote (private).
#include <cstdint>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace posthouse::imap {

/// Runs as long as the object lives, on the loopback address, with its files in a temporary folder. Whoever logs in with
/// the password "secret" has an account, with the mailboxes INBOX, Trash (`\Trash`) and Sent (`\Sent`).
class Dovecot {
 public:
  /// True where it is installed (package dovecot-imapd).
  static bool installed();

  /// Throws std::runtime_error, with its log, when it does not start.
  Dovecot();
  Dovecot(const Dovecot&) = delete;
  Dovecot& operator=(const Dovecot&) = delete;
  ~Dovecot();

  std::uint16_t port() const noexcept;      ///< STARTTLS.
  std::uint16_t tls_port() const noexcept;  ///< TLS from the first octet.
  /// The PEM file of its certificate, for "localhost".
  const std::string& certificate() const noexcept;
  /// What it has written.
  std::string log() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One for all tests of a suite; they are skipped where there is none to be had.
class DovecotTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (Dovecot::installed()) {
      server = std::make_unique<Dovecot>();
    }
  }
  static void TearDownTestSuite() { server.reset(); }
  void SetUp() override {
    if (!server) {
      GTEST_SKIP() << "dovecot is not installed (package dovecot-imapd)";
    }
  }
  void TearDown() override {
    if (HasFailure() && server) {
      ADD_FAILURE() << server->log();
    }
  }

  static inline std::unique_ptr<Dovecot> server;
};

}  // namespace posthouse::imap
