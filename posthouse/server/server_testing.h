#pragma once
// What the tests of whole servers share.
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/pop3/client/client.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/server.h"
#include "posthouse/server/services.h"
#include "posthouse/smtp/client/client.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::server {

using namespace std::chrono_literals;

inline const std::string letter = "From: <ann@one.test>\r\nSubject: hello\r\n\r\n.A line\r\n";

/// A server for `domain` with the account "user@domain", password "secret words".
class TestServer {
 public:
  explicit TestServer(std::string domain, Config config = {}) : domain_(std::move(domain)), config_(std::move(config)) {
    config_.hostname = "mail." + domain_;
    config_.data = folder_.path().string();
    config_.stop_timeout = 2s;
    if (config_.listeners.empty()) {
      for (const char* kind : {"smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps"}) {
        config_.listeners.push_back({kind, "127.0.0.1", 0});
      }
    }
    complete(config_, config_schema());
  }
  void start() {
    server_ = std::make_unique<Server>(config_);
    server_->start();
    auto& accounts = server_->store().accounts();
    if (accounts.has_domain(domain_)) {
      return;
    }
    accounts.add_domain(domain_);
    accounts.add_account("user@" + domain_, "secret words");
  }
  void stop() { server_->stop(); }
  void restart() {
    server_.reset();
    start();
  }
  net::Address address(const std::string& kind) const {
    for (const auto& [bound, address] : server_->addresses()) {
      if (bound == kind) {
        return address;
      }
    }
    throw posthouse::Error("no such listener");
  }
  std::string ca() const { return folder_.file("tls/cert.pem"); }
  Config& config() { return config_; }
  Server& server() { return *server_; }
  store::Accounts& accounts() { return server_->store().accounts(); }

  smtp::Client smtp(const std::string& kind, net::Tls tls) const {
    smtp::ClientOptions options;
    options.tls = tls;
    options.tls_options.ca_file = ca();
    options.local_name = "client.test";
    return smtp::Client::connect(address(kind), "localhost", options);
  }
  smtp::Client logged_in() const {
    smtp::Client client = smtp("submission", net::Tls::starttls);
    client.login("user@" + domain_, "secret words");
    return client;
  }
  pop3::Client pop3(const std::string& user = "user") const {
    pop3::ClientOptions options;
    options.tls = net::Tls::implicit;
    options.tls_options.ca_file = ca();
    const net::Address where = address("pop3s");
    pop3::Client client = pop3::Client::connect("localhost", where.port(), options);
    client.login(user.find('@') == std::string::npos ? user + "@" + domain_ : user, "secret words");
    return client;
  }
  std::vector<std::string> mailbox(const std::string& user = "user") const {
    pop3::Client client = pop3(user);
    std::vector<std::string> messages;
    for (std::size_t i = 1; i <= client.stat().count; ++i) {
      messages.push_back(client.retrieve(i));
    }
    client.quit();
    return messages;
  }

 private:
  test::TemporaryFolder folder_{test::fast_folder()};
  const std::string domain_;
  Config config_;
  std::unique_ptr<Server> server_;
};

inline void run(const std::function<void()>& test) {
  net::run(test, {.loops = 2});
}

/// What a dialogue of raw lines is answered with: the last line of each reply.
inline std::string say(net::Stream& stream, const std::string& line) {
  if (!line.empty()) {
    stream.write(line + "\r\n");
  }
  std::string last;
  do {
    auto next = stream.read_line(4096, 20s);
    if (!next) {
      return "(closed)";
    }
    last = *next;
  } while (last.size() > 3 && last[3] == '-');
  return last;
}

inline int code_of_refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const smtp::RecipientsRefused& error) {
    return error.replies().front().reply.code;
  } catch (const smtp::Error& error) {
    return error.answer().code;
  }
  return 0;
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() { set_log_level(std::getenv("POSTHOUSE_TEST_LOG") != nullptr ? "debug" : "off"); }
};

}  // namespace posthouse::server
