// What scripts do with mail that comes over SMTP, without the sockets.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/server/smtp/intake_testing.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class FiltersTest : public IntakeTest {
 protected:
  FiltersTest() { rules.shelf = &shelf; }

  smtp::Reply send(const std::string& message = lunch_letter, const std::vector<std::string>& to = {"ann@one.test"},
                   const std::string& from = "x@elsewhere.test") {
    SmtpBackend backend(house, rules, visits, busy);
    smtp::Envelope envelope{.reverse_path = from};
    EXPECT_TRUE(backend.mail(stranger, envelope).positive());
    for (const std::string& one : to) {
      EXPECT_TRUE(backend.recipient(stranger, envelope, one).positive());
      envelope.recipients.push_back(one);
    }
    const auto data = backend.data(stranger, envelope);
    data->append(message);
    return data->finish();
  }
  /// What the account holds: "INBOX: flags" for each message.
  std::vector<std::string> held(const store::Account& account) {
    return house.store->read([&](store::Read& read) {
      std::vector<std::string> lines;
      for (const store::Mailbox& mailbox : store::list_mailboxes(read, account.id)) {
        for (const store::MailboxEntry& entry : store::list_mailbox(read, mailbox.id)) {
          lines.push_back(mailbox.name + " " + std::to_string(entry.flags));
        }
      }
      return lines;
    });
  }
  /// What waits for other houses: "from → to".
  std::vector<std::string> queued() {
    std::vector<std::string> lines;
    for (const queue::Listed& row : queue::list(*house.store)) {
      lines.push_back(row.reverse_path + " > " + row.recipient);
    }
    return lines;
  }
  std::string text_queued() { return house.store->messages().load(queue::list(*house.store).back().message_id); }

  ScriptShelf shelf;
};

TEST_F(FiltersTest, KeepAndFileWithFlags) {
  filter(ann,
         "require [\"fileinto\", \"imap4flags\", \"mailbox\", \"copy\", \"special-use\"];"
         "fileinto :copy :create :flags [\"\\\\Flagged\", \"$work\"] \"Lists/One\";"
         "fileinto :copy :specialuse \"\\\\Junk\" \"none\"; keep :flags \"\\\\Seen\";");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), UnorderedElementsAre("INBOX 1", "Junk 0", "Lists/One 36"));
  EXPECT_THAT(text_in(ann, "Lists/One"), ::testing::EndsWith(lunch_letter));
  EXPECT_EQ(house.store->read([](store::Read& read) {
    return store::own_tables(read).query_one<int>("SELECT count(*) FROM message");
  }),
            1)
      << "the letter is stored once";
}

TEST_F(FiltersTest, DiscardedIsAcceptedAndNowhere) {
  filter(ann, "if header :contains \"subject\" \"lunch\" { discard; }");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), IsEmpty());
  EXPECT_EQ(send("Subject: other\r\n\r\nx\r\n").code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0"));
  EXPECT_EQ(send(lunch_letter, {"ann@one.test", "bob@one.test"}).code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0"));
  EXPECT_THAT(held(bob), ElementsAre("INBOX 0")) << "bob has no filter";
}

TEST_F(FiltersTest, WhateverGoesWrongKeeps) {
  filter(ann, "this is no script");
  EXPECT_EQ(send().code, 250);
  filter(ann, "require \"fileinto\"; fileinto \"missing\";");
  EXPECT_EQ(send().code, 250);
  filter(ann, "redirect \"ann@one.test\";");
  EXPECT_EQ(send().code, 250);
  filter(ann, "redirect \"nobody@one.test\";");
  EXPECT_EQ(send().code, 250);
  filter(ann,
         "discard; redirect \"a@two.test\"; redirect \"b@two.test\"; redirect \"c@two.test\";"
         "redirect \"d@two.test\"; redirect \"e@two.test\";");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0", "INBOX 0", "INBOX 0", "INBOX 0", "INBOX 0"));
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(FiltersTest, RedirectInsideAndOutside) {
  filter(ann, "require \"copy\"; redirect \"bob@one.test\"; redirect :copy \"c@two.test\";");
  filter(bob, "require \"fileinto\"; fileinto \"Archive\";");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), IsEmpty());
  EXPECT_THAT(held(bob), ElementsAre("Archive 0")) << "whose filter decides";
  EXPECT_THAT(queued(), ElementsAre("x@elsewhere.test > c@two.test"));
  EXPECT_THAT(text_queued(), HasSubstr("Delivered-To: ann@one.test\r\n"));
}

TEST_F(FiltersTest, CirclesOfRedirectsEndInAMailbox) {
  filter(ann, "redirect \"bob@one.test\";");
  filter(bob, "redirect \"ann@one.test\";");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), IsEmpty());
  EXPECT_THAT(held(bob), ElementsAre("INBOX 0"));
  filter(ann, "redirect \"c@two.test\";");
  EXPECT_EQ(send("Delivered-To: ann@one.test\r\n" + lunch_letter).code, 250) << "it has come back";
  std::string tired;
  for (int i = 0; i < 5; ++i) {
    tired += "Delivered-To: d" + std::to_string(i) + "@two.test\r\n";
  }
  EXPECT_EQ(send(tired + lunch_letter).code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0", "INBOX 0"));
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(FiltersTest, RejectedInTheSessionOrByMail) {
  filter(ann, "require \"reject\"; reject \"No lunch\r\nfor me\";");
  const smtp::Reply reply = send();
  EXPECT_EQ(reply.code, 550);
  EXPECT_EQ(reply.text, "No lunch for me");
  EXPECT_THAT(queued(), IsEmpty());
  EXPECT_EQ(send(lunch_letter, {"ann@one.test", "bob@one.test"}).code, 250);
  EXPECT_THAT(held(ann), IsEmpty());
  EXPECT_THAT(held(bob), ElementsAre("INBOX 0"));
  EXPECT_THAT(queued(), ElementsAre(" > x@elsewhere.test"));
  EXPECT_THAT(text_queued(), HasSubstr("No lunch"));
  EXPECT_EQ(send(lunch_letter, {"ann@one.test", "bob@one.test"}, "").code, 250);
  EXPECT_EQ(queued().size(), 1U) << "the null sender is told nothing";
}

TEST_F(FiltersTest, ARefusalBehindARedirectGoesByMail) {
  filter(ann, "require \"copy\"; redirect :copy \"bob@one.test\";");
  filter(bob, "require \"ereject\"; ereject \"not me\";");
  EXPECT_EQ(send().code, 250) << "ann keeps it";
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0"));
  EXPECT_THAT(held(bob), IsEmpty());
  EXPECT_THAT(queued(), ElementsAre(" > x@elsewhere.test"));
}

TEST_F(FiltersTest, AnAliasIsWhatTheEnvelopeSays) {
  accounts().add_alias("team@one.test", {"ann@one.test", "c@two.test"});
  filter(ann, "require [\"envelope\", \"fileinto\"]; if envelope \"to\" \"team@one.test\" { fileinto \"Archive\"; }");
  EXPECT_EQ(send(lunch_letter, {"team@one.test", "ann@one.test"}).code, 250);
  EXPECT_THAT(held(ann), ElementsAre("Archive 0")) << "once";
  EXPECT_THAT(queued(), ElementsAre("x@elsewhere.test > c@two.test"));
}

TEST_F(FiltersTest, OneSenderHearsOfAVacationOnce) {
  filter(ann, "require \"vacation\"; vacation :days 7 \"I am away\";");
  EXPECT_EQ(send().code, 250);
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0", "INBOX 0"));
  EXPECT_THAT(queued(), ElementsAre(" > x@elsewhere.test"));
  EXPECT_THAT(text_queued(), HasSubstr("Auto-Submitted: auto-replied"));
  EXPECT_EQ(send(lunch_letter, {"ann@one.test"}, "bob@one.test").code, 250);
  EXPECT_THAT(held(bob), ElementsAre("INBOX 0")) << "another sender, in the house";
  EXPECT_EQ(send("List-Id: <a.b>\r\n" + lunch_letter, {"ann@one.test"}, "y@elsewhere.test").code, 250);
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(FiltersTest, NotifyAndDuplicate) {
  filter(ann,
         "require [\"enotify\", \"duplicate\"]; if duplicate { discard; } else {"
         "notify :message \"mail\" \"mailto:phone@two.test\"; }");
  EXPECT_EQ(send().code, 250);
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0"));
  EXPECT_EQ(queued().size(), 1U);
  EXPECT_THAT(text_queued(), HasSubstr("phone@two.test"));
}

TEST_F(FiltersTest, ChangesToTheHeaderAreOfOneRecipient) {
  filter(ann, "require \"editheader\"; addheader \"X-Seen\" \"by ann\"; deleteheader \"Subject\";");
  EXPECT_EQ(send(lunch_letter, {"ann@one.test", "bob@one.test"}).code, 250);
  EXPECT_THAT(text_in(ann), HasSubstr("X-Seen: by ann\r\n"));
  EXPECT_THAT(text_in(ann), Not(HasSubstr("Subject:")));
  EXPECT_THAT(text_in(ann), HasSubstr("\r\n\r\nAt noon?\r\n"));
  EXPECT_THAT(text_in(bob), ::testing::EndsWith(lunch_letter));
  const std::string large = lunch_letter + std::string(100'000, 'x') + "\r\n";
  EXPECT_EQ(send(large).code, 250);
  EXPECT_THAT(text_in(ann), HasSubstr("X-Seen: by ann\r\n"));
  EXPECT_EQ(text_in(ann).substr(text_in(ann).find("\r\n\r\n")), large.substr(large.find("\r\n\r\n")));
}

TEST_F(FiltersTest, WhatTheHousePutsInFrontIsSeenAndNotChanged) {
  filter(ann,
         "require [\"editheader\", \"fileinto\", \"index\", \"date\"];"
         "deleteheader \"Return-Path\"; deleteheader \"Received\"; addheader \"X-Seen\" \"1\";"
         "if allof(header :is \"return-path\" \"<x@elsewhere.test>\", header :index 1 :contains \"received\" "
         "\"mail.one.test\","
         "         header :index 2 :contains \"received\" \"older\", header :is \"x-seen\" \"1\","
         "         date :index 1 \"received\" \"year\" \"" +
             std::to_string(static_cast<int>(
                 std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()))
                     .year())) +
             "\", size :under 200) { fileinto \"Archive\"; }");
  EXPECT_EQ(send("Received: from older\r\n" + lunch_letter).code, 250);
  EXPECT_THAT(held(ann), ElementsAre("Archive 0"));
  const std::string text = text_in(ann, "Archive");
  EXPECT_THAT(text, ::testing::StartsWith("Return-Path: <x@elsewhere.test>\r\nReceived: "));
  EXPECT_THAT(text, ::testing::EndsWith("\r\nX-Seen: 1\r\nReceived: from older\r\n" + lunch_letter));
}

TEST_F(FiltersTest, OnlyATrustedClientIsBelievedAboutSpam) {
  filter(ann,
         "require [\"spamtest\", \"fileinto\", \"relational\", \"comparator-i;ascii-numeric\"];"
         "if spamtest :value \"ge\" :comparator \"i;ascii-numeric\" \"1\" { fileinto \"Junk\"; }");
  const std::string spam = "X-Spam-Status: Yes, score=9.0 required=5.0\r\n" + lunch_letter;
  EXPECT_EQ(send(spam).code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0")) << "a stranger has written that";
  stranger.peer = net::Address("127.0.0.1", 4000);
  EXPECT_EQ(send(spam).code, 250);
  EXPECT_THAT(held(ann), UnorderedElementsAre("INBOX 0", "Junk 0"));
}

// RFC 5429 section 2.1: reject goes with no other action.
TEST_F(FiltersTest, ARefusalTogetherWithSomethingElseKeeps) {
  filter(ann, "require \"reject\"; redirect \"c@two.test\"; reject \"no\";");
  EXPECT_EQ(send().code, 250);
  filter(ann, "require [\"reject\", \"vacation\"]; vacation \"away\"; reject \"no\";");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0", "INBOX 0"));
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(FiltersTest, TheEnvironmentIsThisHouse) {
  filter(
      ann,
      "require [\"environment\", \"fileinto\"];"
      "if allof(environment \"domain\" \"one.test\", environment \"host\" \"mail.one.test\", environment \"location\" "
      "\"MS\","
      "         environment \"phase\" \"during\", environment \"remote-ip\" \"192.0.2.1\") { fileinto \"Archive\"; }");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), ElementsAre("Archive 0"));
}

TEST_F(FiltersTest, ScriptsAreCompiledAgainWhenTheyChange) {
  filter(ann, "discard;");
  EXPECT_EQ(send().code, 250);
  filter(ann, "keep;");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0"));
  house.store->write([&](store::Write& write) {
    store::put_script(write, ann.id, "other", "discard;");
    store::put_script(write, ann.id, "main", "require \"include\"; include \"other\";");
  });
  EXPECT_EQ(send().code, 250);
  house.store->write([&](store::Write& write) { store::put_script(write, ann.id, "other", "keep;"); });
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0", "INBOX 0"));
  rules.filters.enabled = false;
  filter(ann, "discard;");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), ElementsAre("INBOX 0", "INBOX 0", "INBOX 0"));
}

TEST_F(FiltersTest, AnIncludedScriptIsFoundHoweverItsNameIsSpelled) {
  house.store->write([&](store::Write& write) { store::put_script(write, ann.id, "caf\u00E9", "discard;"); });
  filter(ann, "require \"include\"; include \"cafe\u0301\";");
  EXPECT_EQ(send().code, 250);
  EXPECT_THAT(held(ann), IsEmpty());
}

TEST_F(FiltersTest, WhatIsOverQuotaIsDeferred) {
  filter(ann, "require [\"fileinto\", \"vacation\"]; vacation \"away\"; fileinto \"Archive\";");
  accounts().set_quota("ann@one.test", {.octets = 600});
  EXPECT_EQ(send(lunch_letter + std::string(1000, 'x')).code, 452);
  EXPECT_THAT(held(ann), IsEmpty());
  EXPECT_THAT(queued(), IsEmpty()) << "nothing of it was done";
}

}  // namespace
}  // namespace posthouse::server
