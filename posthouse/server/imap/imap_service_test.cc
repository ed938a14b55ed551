// Mail that stays on the server: what is handed in by SMTP, kept by the store and read by IMAP.
#include <variant>

#include <gmock/gmock.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/client/error.h"
#include "posthouse/server/server_testing.h"

namespace posthouse::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ImapServiceTest : public ::testing::Test {
 protected:
  void serve(const std::function<void()>& test) {
    run([&] {
      house.start();
      test();
      house.stop();
    });
  }
  imap::Client client(const std::string& password = "secret words") {
    imap::ClientOptions options;
    options.tls_options.ca_file = house.ca();
    imap::Client client = imap::Client::connect(house.address("imaps"), "localhost", options);
    client.login("user@one.test", password);
    return client;
  }
  void deliver(const std::string& text) {
    smtp::Client sender = house.smtp("smtp", net::Tls::starttls);
    sender.send({.reverse_path = "bob@two.test", .recipients = {"user@one.test"}}, text);
    sender.quit();
  }

  TestServer house{"one.test"};
};

std::vector<std::string> names(imap::Client& client) {
  std::vector<std::string> names;
  for (const auto& entry : client.list()) {
    names.push_back(entry.mailbox.name);
  }
  return names;
}

TEST_F(ImapServiceTest, ALetterIsReadAndMovedFromInboxToTrash) {
  serve([&] {
    deliver(letter);
    imap::Client client = this->client();
    EXPECT_THAT(names(client), ElementsAre("Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"));
    EXPECT_EQ(client.select("INBOX").exists, 1U);
    const imap::NumberSet found = client.search(imap::unseen() && imap::subject("HELLO"));
    ASSERT_EQ(found.to_string(), "1");
    const std::string text = client.retrieve(1);
    EXPECT_THAT(text, HasSubstr("Return-Path: <bob@two.test>\r\nReceived: "));
    EXPECT_TRUE(text.ends_with(letter));
    const auto told = client.fetch_one(1, {.envelope = true, .structure = true, .size = true, .preview = true});
    EXPECT_EQ(told.size, text.size());
    EXPECT_EQ(told.envelope->subject, "hello");
    client.add_flags(1, imap::SystemFlag::seen);
    EXPECT_TRUE(client.search(imap::unseen()).empty());
    const imap::Moved moved = client.move(1, client.mailbox_for("\\Trash").value());
    EXPECT_EQ(moved.way, imap::MoveWay::moved);
    EXPECT_EQ(client.selected()->exists, 0U);
    EXPECT_EQ(client.select("Trash").exists, 1U);
    EXPECT_EQ(client.retrieve(1), text) << "not changed by an octet";
    EXPECT_EQ(client.search(imap::seen()).to_string(), "1") << "flags go with it";
    client.logout();
  });
}

TEST_F(ImapServiceTest, AnIdleSessionHearsOfWhatComesAndOfWhatOthersDo) {
  serve([&] {
    imap::Client watcher = client();
    watcher.select("INBOX");
    (void)watcher.events();
    net::Scope scope;
    scope.spawn([&] { deliver(letter); });
    std::vector<imap::Event> events = watcher.idle(20s);
    ASSERT_THAT(events, Not(IsEmpty()));
    EXPECT_EQ(std::get<imap::response::Exists>(events.front()).count, 1U);
    scope.spawn([&] {
      imap::Client other = client();
      other.select("INBOX");
      other.add_flags(1, imap::SystemFlag::flagged);
      other.logout();
    });
    events = watcher.idle(20s);
    ASSERT_THAT(events, Not(IsEmpty()));
    EXPECT_TRUE(std::get<imap::response::Fetch>(events.front()).flags->has(imap::SystemFlag::flagged));
    scope.join();
    watcher.logout();
  });
}

TEST_F(ImapServiceTest, WhatIsAppendedIsThereForPop3Too) {
  serve([&] {
    imap::Client client = this->client();
    std::string large = "Subject: large\r\n\r\n";
    while (large.size() < 300'000) {
      large += "line " + std::to_string(large.size()) + "\r\n";
    }
    const imap::Appended appended = client.append("INBOX", large, {.flags = imap::Flags::of({"\\Seen", "$Work"})});
    EXPECT_EQ(appended.uid, 1U);
    client.append("INBOX", "Subject: 中文\r\n\r\n你好\r\n");
    client.select("INBOX");
    EXPECT_EQ(client.retrieve(1), large);
    EXPECT_EQ(client.retrieve(1, {}, imap::Partial{.offset = 200'000, .count = 50'000}), large.substr(200'000, 50'000));
    EXPECT_EQ(client.search(imap::has_flag("$work")).to_string(), "1");
    EXPECT_EQ(client.search(imap::body("你好")).to_string(), "2");
    client.logout();
    EXPECT_THAT(house.mailbox(), ElementsAre(large, HasSubstr("中文")));
  });
}

TEST_F(ImapServiceTest, SeveralMessagesComeAtOnceAndAreReadAhead) {
  serve([&] {
    imap::Client client = this->client();
    std::vector<std::string> texts;
    for (int i = 0; i < 120; ++i) {
      texts.push_back("Subject: \xE4\xB8\xAD\xE6\x96\x87 " + std::to_string(i) + "\r\n\r\ntext\r\n");
    }
    std::vector<imap::NewMessage> messages;
    for (const std::string& text : texts) {
      messages.push_back({.text = text});
    }
    const auto places = client.append("INBOX", messages);
    ASSERT_THAT(places, SizeIs(120));
    EXPECT_EQ(places.back().uid, 120U);
    client.select("INBOX");
    std::vector<std::string> read;
    client.retrieve_each(imap::NumberSet::of({{1, 4'000'000'000U}}), [&](std::uint32_t, std::string_view text) {
      read.emplace_back(text);
      return true;
    });
    EXPECT_EQ(read, texts);
    client.logout();
  });
}

TEST_F(ImapServiceTest, OfOtherMailboxesIsToldWhoAskedForIt) {
  serve([&] {
    imap::Client client = this->client();
    client.select("Sent");
    client.notify({{{imap::MailboxScope::selected}, {.message_new = true, .message_expunge = true}},
                   {{imap::MailboxScope::personal}, {.message_new = true, .message_expunge = true}}});
    (void)client.events();
    net::Scope scope;
    scope.spawn([&] { deliver(letter); });
    const std::vector<imap::Event> events = client.idle(20s);
    scope.join();
    ASSERT_THAT(events, Not(IsEmpty()));
    const auto* status = std::get_if<imap::response::MailboxStatus>(&events.front());
    ASSERT_NE(status, nullptr);
    EXPECT_EQ(status->number(imap::StatusItem::messages), 1U);
    client.notify_none();
    client.logout();
  });
}

std::string refusal_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const imap::Error& error) {
    return error.response_code();
  }
  return "none";
}

TEST_F(ImapServiceTest, AnAccountHoldsNoMoreThanItMay) {
  serve([&] {
    imap::Client client = this->client();
    const std::string large = "Subject: large\r\n\r\n" + std::string(1500, 'x') + "\r\n";
    house.accounts().set_quota("user@one.test", {.octets = 2000});
    client.append("INBOX", large);
    EXPECT_EQ(refusal_of([&] { client.append("INBOX", large); }), "OVERQUOTA");
    client.select("INBOX");
    EXPECT_EQ(refusal_of([&] { client.copy(1, "Sent"); }), "OVERQUOTA");
    EXPECT_EQ(client.status("Sent").number(imap::StatusItem::messages), 0U);
    client.move(1, "Sent");
    const auto send = [&] { return code_of_refusal([&] { deliver(large); }); };
    EXPECT_EQ(send(), 452);
    EXPECT_EQ(house.accounts().quota("user@one.test").messages, 1U);
    house.accounts().set_quota("user@one.test", {.octets = 0, .messages = 2});
    EXPECT_EQ(send(), 0);
    EXPECT_EQ(send(), 452) << "the messages are too many";
    client.logout();
  });
}

// RFC 3501 section 2.3.2, also over a restart.
TEST_F(ImapServiceTest, AMessageIsRecentUntilASessionWasToldOfIt) {
  run([&] {
    house.start();
    const auto recent = [](imap::Client& client) {
      return client.status("INBOX", {imap::StatusItem::recent}).number(imap::StatusItem::recent);
    };
    deliver(letter);
    imap::Client client = this->client();
    EXPECT_EQ(recent(client), 1U);
    client.examine("INBOX");
    EXPECT_EQ(recent(client), 1U) << "whoever only looks takes nothing";
    client.select("INBOX");
    EXPECT_EQ(recent(client), 0U);
    deliver(letter);
    client.noop();
    EXPECT_EQ(recent(client), 0U) << "this session was told";
    client.unselect();
    deliver(letter);
    client.logout();
    house.stop();
    house.restart();
    client = this->client();
    EXPECT_EQ(recent(client), 1U);
    client.logout();
    house.stop();
  });
}

TEST_F(ImapServiceTest, MailboxesOfAnyNameAreMadeRenamedAndRemoved) {
  serve([&] {
    imap::Client client = this->client();
    client.create("工作/邮件");
    client.append("工作/邮件", letter);
    client.rename("工作", "Work");
    EXPECT_THAT(names(client), ElementsAre("Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash", "Work", "Work/邮件"));
    EXPECT_EQ(client.status("Work/邮件").number(imap::StatusItem::messages), 1U);
    client.remove("Work/邮件");
    client.remove("Work");
    EXPECT_THAT(names(client), SizeIs(6));
    try {
      client.create("inbox");
      FAIL();
    } catch (const imap::Error& error) {
      EXPECT_EQ(error.response_code(), "ALREADYEXISTS");
    }
    try {
      client.select("nowhere");
      FAIL();
    } catch (const imap::Error& error) {
      EXPECT_EQ(error.response_code(), "NONEXISTENT");
    }
    client.logout();
  });
}

TEST_F(ImapServiceTest, ASessionEndsWithItsLogIn) {
  serve([&] {
    imap::Client client = this->client();
    client.select("INBOX");
    house.accounts().set_password("user@one.test", "another one");
    EXPECT_THROW(
        {
          for (;;) {
            client.noop();
          }
        },
        posthouse::Error);
    this->client("another one").logout();
  });
}

TEST_F(ImapServiceTest, WhatIsDoneOutlastsTheServer) {
  run([&] {
    house.start();
    imap::Client client = this->client();
    client.append("Sent", letter, {.flags = imap::SystemFlag::seen});
    const std::uint32_t validity = client.select("Sent").uid_validity;
    client.add_flags(1, imap::SystemFlag::answered);
    const std::uint64_t modseq = client.selected()->highest_modseq;
    house.stop();
    house.restart();
    client = this->client();
    EXPECT_EQ(client.select("Sent").uid_validity, validity);
    EXPECT_GE(client.selected()->highest_modseq, modseq);
    EXPECT_EQ(client.fetch_one(1, {.flags = true}).flags->to_string(), "\\Answered \\Seen");
    EXPECT_EQ(client.retrieve(1), letter);
    client.logout();
    house.stop();
  });
}

}  // namespace
}  // namespace posthouse::server
