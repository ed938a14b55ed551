// What others write into the same database is seen by sessions: at once by the door and by hints, else by the poll.
#include "posthouse/server/nodes/change_watch.h"

#include <variant>

#include <gmock/gmock.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/server/control/control_client.h"
#include "posthouse/server/server_testing.h"
#include "posthouse/sql/contract_testing.h"

namespace posthouse::server {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(ChangeHints, AreReadAsTheyWereWritten) {
  const std::string secret = "sixteen octets or more";
  const std::vector<ChangeHint> hints = {{7, 1}, {1, 0x0102030405060708}};
  const std::string datagram = write_hints(hints, secret);
  EXPECT_EQ(datagram.size(), 4U + 2 * 16 + 32);
  EXPECT_EQ(read_hints(datagram, secret), hints);
  EXPECT_FALSE(read_hints(datagram, "another secret of 16"));
  EXPECT_FALSE(read_hints("", secret));
  for (std::size_t i = 0; i < datagram.size(); ++i) {
    EXPECT_FALSE(read_hints(datagram.substr(0, i), secret)) << i;
    std::string changed = datagram;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(read_hints(changed, secret)) << i;
  }
  const std::vector<ChangeHint> many(most_hints + 1, ChangeHint{1, 1});
  EXPECT_FALSE(read_hints(write_hints(many, secret), secret));
  EXPECT_FALSE(read_hints(write_hints({}, secret), secret)) << "nothing is said";
}

/// A server, and somebody else with a store on its data.
class ChangesElsewhereTest : public ServerTest {
 protected:
  void serve(const ChangeSettings& changes, const std::function<void()>& test) {
    house.config().changes = changes;
    run([&] {
      house.start();
      other =
          store::Store::open({.data_dir = house.config().data, .database = house.config().database, .create = false});
      test();
      other.reset();
      house.stop();
    });
  }
  imap::Client watcher() {
    imap::ClientOptions options;
    options.tls_options.ca_file = house.ca();
    imap::Client client = imap::Client::connect(house.address("imaps"), "localhost", options);
    client.login("user@one.test", "secret words");
    client.select("INBOX");
    (void)client.events();
    return client;
  }
  /// Puts a message into the mailbox, past the server.
  void put_in() {
    const auto account = other->accounts().find_account("user@one.test");
    store::BodyWriter body = other->new_body();
    body.append(letter);
    const store::StoredBody stored = body.finish();
    other->write([&](store::Write& write) {
      const store::MessageId message = store::add_message(write, stored, {});
      store::add_to_mailbox(write, account->inbox, message, store::Moment());
    });
  }
  /// Once the client idles, a message comes; what the client hears then.
  std::vector<imap::Event> heard_by(imap::Client& client) {
    net::Scope scope;
    scope.spawn([&] {
      const auto idles = [&] {
        bool idle = false;
        ControlClient(house.config().data).ask("sessions", [&](const ControlRecord& session) {
          idle = idle || session["state"] == "idle INBOX";
        });
        return idle;
      };
      while (!idles()) {
        net::sleep_for(5ms);
      }
      put_in();
    });
    std::vector<imap::Event> events = client.idle(20s);
    scope.join();
    return events;
  }
  static void expect_messages(std::uint32_t count, const std::vector<imap::Event>& events) {
    ASSERT_THAT(events, Not(IsEmpty()));
    const auto* exists = std::get_if<imap::response::Exists>(&events.front());
    ASSERT_NE(exists, nullptr);
    EXPECT_EQ(exists->count, count);
  }

  TestServer house{"one.test"};
  std::shared_ptr<store::Store> other;
};

TEST_F(ChangesElsewhereTest, AreToldOfAtTheDoor) {
  serve({.poll = {}}, [&] {
    const store::Subscription telling = tell_server_of_changes(*other, house.config().data);
    imap::Client client = watcher();
    expect_messages(1, heard_by(client));
    client.logout();
  });
}

TEST_F(ChangesElsewhereTest, OfMailboxesThatAreNotSelectedAreToldOfToo) {
  serve({.poll = {}}, [&] {
    const store::Subscription telling = tell_server_of_changes(*other, house.config().data);
    imap::Client client = watcher();
    client.select("Sent");
    client.notify({{{imap::MailboxScope::selected}, {.message_new = true, .message_expunge = true}},
                   {{imap::MailboxScope::personal}, {.message_new = true, .message_expunge = true}}});
    (void)client.events();
    net::Scope scope;
    scope.spawn([&] { put_in(); });
    const std::vector<imap::Event> events = client.idle(20s);
    scope.join();
    ASSERT_THAT(events, Not(IsEmpty()));
    const auto* status = std::get_if<imap::response::MailboxStatus>(&events.front());
    ASSERT_NE(status, nullptr);
    EXPECT_EQ(status->mailbox.name, "INBOX");
    EXPECT_EQ(status->number(imap::StatusItem::messages), 1U);
    client.logout();
  });
}

TEST_F(ChangesElsewhereTest, AreFoundByThePollWhereNobodyTells) {
  serve({.poll = 50ms}, [&] {
    imap::Client client = watcher();
    expect_messages(1, heard_by(client));
    EXPECT_THAT(client.retrieve(1), HasSubstr("hello"));
    client.logout();
  });
}

TEST_F(ChangesElsewhereTest, AreFoundOnADatabaseServer) {
  if (sql::mariadb() == nullptr) {
    GTEST_SKIP() << "the package mariadb-server is not installed";
  }
  house.config().database = sql::new_database();
  serve({.poll = 50ms}, [&] {
    imap::Client client = watcher();
    expect_messages(1, heard_by(client));
    client.logout();
  });
}

TEST_F(ChangesElsewhereTest, WithoutEitherTheyAreSeenWithTheNextChange) {
  serve({.poll = {}}, [&] {
    imap::Client client = watcher();
    put_in();
    client.noop();
    EXPECT_EQ(client.selected()->exists, 0U) << "the reason for doors and polls";
    smtp::Client sender = house.smtp("smtp", net::Tls::starttls);
    sender.send({.reverse_path = "bob@two.test", .recipients = {"user@one.test"}}, letter);
    sender.quit();
    client.noop();
    EXPECT_EQ(client.selected()->exists, 2U);
    client.logout();
  });
}

TEST_F(ChangesElsewhereTest, AreToldOfByAnotherNode) {
  const std::string secret = "what the nodes share";
  // A free port: the server has to know it before it starts.
  std::string port;
  run([&] { port = net::UdpSocket::bind("127.0.0.1:0").local_address().to_string(); });
  serve({.poll = {}, .listen = port, .secret = secret}, [&] {
    store::Views views(*other);
    ChangeWatch node(*other, views, {.peers = {port}, .secret = secret});
    net::Scope scope;
    scope.spawn([&] { node.tell(); });
    imap::Client client = watcher();
    expect_messages(1, heard_by(client));
    // Somebody who does not know the secret, and a hint that comes again, do nothing.
    net::UdpSocket stranger = net::UdpSocket::open();
    const auto account = other->accounts().find_account("user@one.test");
    stranger.send_to(write_hints({{account->id, 1'000'000}}, "another secret of 16"), net::Address::parse(port));
    stranger.send_to(write_hints({{account->id, 1}}, secret), net::Address::parse(port));
    stranger.send_to("noise", net::Address::parse(port));
    expect_messages(2, heard_by(client));
    client.logout();
    scope.cancel();
  });
}

}  // namespace
}  // namespace posthouse::server
