// The door for commands, and what they do there.
#include <filesystem>
#include <optional>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/client/error.h"
#include "posthouse/net/error.h"
#include "posthouse/server/control/control_client.h"
#include "posthouse/server/control/control_record.h"
#include "posthouse/server/error.h"
#include "posthouse/server/server_testing.h"
#include "posthouse/store/accounts/log_ins.h"

namespace posthouse::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ControlRecord, IsReadAsItWasWritten) {
  ControlRecord record;
  record.add("user", "ann@one.test").add("client", "A 100% client=\r\n").add("state", "");
  EXPECT_EQ(record.to_string(), "user=ann@one.test client=A%20100%25%20client=%0D%0A state=");
  const auto read = ControlRecord::parse(record.to_string());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->fields(), record.fields());
  EXPECT_EQ((*read)["client"], "A 100% client=\r\n");
  EXPECT_EQ((*read)["none"], "");
  for (const char* wrong : {"word", "=value", "a=%", "a=%2", "a=%zz", "a=b  word"}) {
    EXPECT_FALSE(ControlRecord::parse(wrong)) << wrong;
  }
}

std::string error_of_command(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(to_string(error.errc())) + ": " + error.what();
  }
  return "none";
}

class ControlTest : public ServerTest {
 protected:
  void serve(const std::function<void()>& test) {
    run([&] {
      house.start();
      test();
      house.stop();
    });
  }
  std::vector<ControlRecord> ask(const std::string& request) {
    std::vector<ControlRecord> items;
    ControlClient(house.config().data).ask(request, [&](const ControlRecord& item) { items.push_back(item); });
    return items;
  }
  imap::Client client(const char* name) {
    imap::ClientOptions options;
    options.tls_options.ca_file = house.ca();
    options.id = {{"name", name}, {"version", "1.0"}};
    imap::Client client = imap::Client::connect(house.address("imaps"), "localhost", options);
    client.login("user@one.test", "secret words");
    return client;
  }

  TestServer house{"one.test"};
};

TEST_F(ControlTest, IsForTheServersOwnUserAlone) {
  serve([&] {
    struct stat status{};
    const std::string path = house.config().data + "/control";
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
  });
}

TEST_F(ControlTest, WhereNoServerRunsThatIsSaid) {
  EXPECT_THAT(error_of_command([&] { ask("sessions"); }), HasSubstr("no_server: no server runs on the folder "));
  serve([] {});
  EXPECT_THAT(error_of_command([&] { ask("sessions"); }), HasSubstr("no_server: no server runs on the folder "));
}

TEST_F(ControlTest, SessionsAreShownAsTheyAre) {
  serve([&] {
    imap::Client one = client("One");
    one.select("INBOX");
    net::Stream plain = net::connect(house.address("smtp"));
    EXPECT_TRUE(plain.read_line(1000, 20s)) << "it is greeted, so it is there";
    std::vector<ControlRecord> sessions = ask("sessions");
    ASSERT_THAT(sessions, SizeIs(2));
    EXPECT_EQ(sessions[0]["protocol"], "imaps");
    EXPECT_EQ(sessions[0]["user"], "user@one.test");
    EXPECT_EQ(sessions[0]["client"], "One 1.0");
    EXPECT_EQ(sessions[0]["tls"], "TLSv1.3");
    EXPECT_EQ(sessions[0]["state"], "selected INBOX");
    EXPECT_THAT(std::string(sessions[0]["peer"]), HasSubstr("127.0.0.1:"));
    EXPECT_EQ(sessions[1]["protocol"], "smtp");
    EXPECT_EQ(sessions[1]["user"], "");
    one.logout();
  });
}

TEST_F(ControlTest, ASessionIsEnded) {
  serve([&] {
    imap::Client one = client("One");
    imap::Client two = client("Two");
    for (const ControlRecord& session : ask("sessions")) {
      if (session["client"] == "One 1.0") {
        ask("end " + std::string(session["id"]));
      }
    }
    EXPECT_ANY_THROW(one.idle(20s));
    two.noop();
    two.logout();
    EXPECT_EQ(error_of_command([&] { ask("end 4711"); }), "refused: there is no session 4711");
    EXPECT_EQ(error_of_command([&] { ask("end x"); }), "refused: there is no session x");
  });
}

TEST_F(ControlTest, WhatIsNoCommandIsRefusedAndEndsNothing) {
  serve([&] {
    EXPECT_EQ(error_of_command([&] { ask("make coffee"); }), "refused: there is no such command");
    EXPECT_EQ(error_of_command([&] { ask(""); }), "refused: there is no such command");
    net::Stream stream = net::connect(net::Address::unix_path(house.config().data + "/control"));
    stream.write(std::string(most_control_line + 10, 'x'));
    EXPECT_EQ(stream.read_all(100), "") << "a line without end";
    EXPECT_THAT(ask("sessions"), SizeIs(0));
  });
}

TEST_F(ControlTest, LogInsAreKnownByProtocolAndClientAfterwards) {
  serve([&] {
    client("One").logout();
    house.pop3().quit();
    house.logged_in().quit();
  });
  run([&] {
    store::StoreOptions options{.data_dir = house.config().data, .create = false};
    options.migrations = {};
    const auto store = store::Store::open(std::move(options));
    const auto account = store->accounts().find_account("user@one.test");
    std::vector<std::string> known;
    for (const store::LogIn& log_in :
         store->read([&](store::Read& read) { return store::last_log_ins(read, account->id); })) {
      known.push_back(log_in.protocol + ' ' + log_in.client + ' ' + log_in.peer);
    }
    EXPECT_THAT(known, ElementsAre("smtp client.test 127.0.0.1", "pop3  127.0.0.1", "imap One 1.0 127.0.0.1"));
  });
}

}  // namespace
}  // namespace posthouse::server
