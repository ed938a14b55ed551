#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/play.h"

namespace posthouse::imap {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

MailboxState known(std::uint64_t modseq, const std::string& uids) {
  return {.uid_validity = 7, .uid_next = 20, .modseq = modseq, .uids = *NumberSet::parse(uids)};
}

const Flags seen_flag = SystemFlag::seen;

void play_sync(const std::string& capabilities, const std::string& transcript,
               const std::function<void(Client&)>& code) {
  const bool enable = capabilities.find("ENABLE") != std::string::npos;
  play("S: * PREAUTH [CAPABILITY IMAP4rev1 " + capabilities + "] hello\n" +
           (enable ? "C: A1 ENABLE CONDSTORE QRESYNC\nS: * ENABLED CONDSTORE QRESYNC\nS: A1 OK\n" : "") + transcript,
       code);
}

std::string opened(int exists, int validity, int next, int modseq) {
  return "S: * " + std::to_string(exists) + " EXISTS\nS: * OK [UIDVALIDITY " + std::to_string(validity) +
         "] .\nS: * OK [UIDNEXT " + std::to_string(next) + "] .\n" +
         (modseq != 0 ? "S: * OK [HIGHESTMODSEQ " + std::to_string(modseq) + "] .\n" : "");
}

TEST(ImapClientSync, TheFirstTimeAllIsNew) {
  play_sync("ENABLE CONDSTORE QRESYNC",
            "C: A2 SELECT INBOX\n" + opened(2, 7, 20, 90) +
                "S: A2 OK\nC: A3 UID FETCH 1:4294967295 (UID FLAGS)\nS: * 1 FETCH (UID 3 FLAGS (\\Seen))\nS: * 2 FETCH "
                "(UID 9 FLAGS ())\nS: A3 OK\n",
            [](Client& client) {
              const auto changes = client.changes_since("INBOX");
              EXPECT_TRUE(changes.anew);
              EXPECT_EQ(changes.way, SyncWay::compare);
              EXPECT_THAT(changes.messages,
                          ElementsAre(ChangedMessage{3, true, seen_flag}, ChangedMessage{9, true, {}}));
              EXPECT_EQ(changes.state, (MailboxState{7, 20, 90, *NumberSet::parse("3,9"), {}}));
              EXPECT_EQ(client.selected()->exists, 2U);
            });
}

TEST(ImapClientSync, QresyncTellsAllAtOnce) {
  play_sync(
      "ENABLE CONDSTORE QRESYNC",
      "C: A2 SELECT INBOX (QRESYNC (7 90 1:9))\n" + opened(8, 7, 21, 95) +
          "S: * VANISHED (EARLIER) 2,5,11:19\nS: * 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (93))\nS: * 8 FETCH (UID 20 "
          "FLAGS () MODSEQ (95))\nS: A2 OK\n",
      [](Client& client) {
        const auto changes = client.changes_since("INBOX", known(90, "1:9"));
        EXPECT_FALSE(changes.anew);
        EXPECT_EQ(changes.way, SyncWay::qresync);
        EXPECT_THAT(changes.messages, ElementsAre(ChangedMessage{1, false, seen_flag}, ChangedMessage{20, true, {}}));
        EXPECT_EQ(changes.vanished.to_string(), "2,5");
        EXPECT_EQ(changes.state, (MailboxState{7, 21, 95, *NumberSet::parse("1,3:4,6:9,20"), {}}));
      });
}

TEST(ImapClientSync, WhereTheNumbersDoNotAddUpItLooksAgain) {
  play_sync("ENABLE CONDSTORE QRESYNC",
            "C: A2 SELECT INBOX (QRESYNC (7 90 1:3))\n" + opened(2, 7, 21, 95) +
                "S: A2 OK\nC: A3 UID SEARCH ALL\nS: * SEARCH 1 20\nS: A3 OK\nC: A4 UID FETCH 20 (UID FLAGS)\nS: * 2 "
                "FETCH (UID 20 FLAGS (\\Seen))\nS: A4 OK\n",
            [](Client& client) {
              const auto changes = client.changes_since("INBOX", known(90, "1:3"));
              EXPECT_EQ(changes.vanished.to_string(), "2:3");
              EXPECT_THAT(changes.messages, ElementsAre(ChangedMessage{20, true, seen_flag}));
            });
}

TEST(ImapClientSync, CondstoreTellsFlags) {
  play_sync(
      "CONDSTORE",
      "C: A1 SELECT INBOX (CONDSTORE)\n" + opened(3, 7, 21, 95) +
          "S: A1 OK\nC: A2 UID FETCH 1:4294967295 (UID FLAGS) (CHANGEDSINCE 90)\nS: * 1 FETCH (UID 1 FLAGS (\\Seen) "
          "MODSEQ (93))\nS: * 3 FETCH (UID 20 FLAGS () MODSEQ (95))\nS: A2 OK\nC: A3 UID SEARCH ALL\nS: * SEARCH 1 3 "
          "20\nS: A3 OK\n",
      [](Client& client) {
        const auto changes = client.changes_since("INBOX", known(90, "1:3"));
        EXPECT_EQ(changes.way, SyncWay::condstore);
        EXPECT_THAT(changes.messages, ElementsAre(ChangedMessage{1, false, seen_flag}, ChangedMessage{20, true, {}}));
        EXPECT_EQ(changes.vanished.to_string(), "2");
        EXPECT_EQ(changes.state, (MailboxState{7, 21, 95, *NumberSet::parse("1,3,20"), {}}));
      });
  // Nothing has changed but what is gone.
  play_sync("CONDSTORE",
            "C: A1 SELECT INBOX (CONDSTORE)\n" + opened(2, 7, 20, 90) +
                "S: A1 OK\nC: A2 UID SEARCH ALL\nS: * SEARCH 1 3\nS: A2 OK\n",
            [](Client& client) {
              const auto changes = client.changes_since("INBOX", known(90, "1:3"));
              EXPECT_THAT(changes.messages, IsEmpty());
              EXPECT_EQ(changes.vanished.to_string(), "2");
            });
}

TEST(ImapClientSync, WithoutEitherAllIsCompared) {
  const auto listed = [](const std::string& tag, const std::string& flags_of_3) {
    return "C: " + tag +
           " UID FETCH 1:4294967295 (UID FLAGS)\nS: * 1 FETCH (UID 1 FLAGS (\\Seen))\nS: * 2 FETCH (UID 3 FLAGS (" +
           flags_of_3 + "))\nS: * 3 FETCH (UID 4 FLAGS ())\nS: " + tag + " OK\n";
  };
  play_sync("",
            "C: A1 SELECT INBOX\n" + opened(3, 7, 20, 0) + "S: A1 OK\n" + listed("A2", "") + "C: A3 SELECT INBOX\n" +
                opened(3, 7, 20, 0) + "S: A3 OK\n" + listed("A4", "$x"),
            [](Client& client) {
              const auto first = client.changes_since("INBOX", known(0, "1:2"));
              EXPECT_FALSE(first.anew);
              EXPECT_EQ(first.vanished.to_string(), "2");
              EXPECT_EQ(first.messages.size(), 3U) << "flags were not known";
              EXPECT_EQ(first.state.flags.size(), 2U);
              const auto kept = MailboxState::parse(first.state.to_string());
              ASSERT_TRUE(kept);
              EXPECT_EQ(*kept, first.state);
              const auto second = client.changes_since("INBOX", *kept);
              EXPECT_THAT(second.messages, ElementsAre(ChangedMessage{3, false, Flags::of({"$x"})}));
              EXPECT_TRUE(second.vanished.empty());
            });
}

TEST(ImapClientSync, AnotherMailboxOfThatNameIsAnew) {
  play_sync("ENABLE CONDSTORE QRESYNC",
            "C: A2 SELECT INBOX (QRESYNC (7 90 1:9))\n" + opened(1, 8, 2, 5) +
                "S: A2 OK\nC: A3 UID FETCH 1:4294967295 (UID FLAGS)\nS: * 1 FETCH (UID 1 FLAGS ())\nS: A3 OK\n",
            [](Client& client) {
              const auto changes = client.changes_since("INBOX", known(90, "1:9"));
              EXPECT_TRUE(changes.anew);
              EXPECT_TRUE(changes.vanished.empty());
              EXPECT_THAT(changes.messages, ElementsAre(ChangedMessage{1, true, {}}));
              EXPECT_EQ(changes.state.uid_validity, 8U);
            });
}

// Some servers' MODSEQ stands still while messages come, or goes back.
TEST(ImapClientSync, AModseqThatStandsStillIsNotBelieved) {
  for (const int modseq : {90, 80}) {
    play_sync("CONDSTORE",
              "C: A1 SELECT INBOX (CONDSTORE)\n" + opened(1, 7, 21, modseq) +
                  "S: A1 OK\nC: A2 UID FETCH 1:4294967295 (UID FLAGS)\nS: * 1 FETCH (UID 20 FLAGS ())\nS: A2 OK\n",
              [](Client& client) {
                const auto changes = client.changes_since("INBOX", known(90, "1:3"));
                EXPECT_EQ(changes.way, SyncWay::compare);
                EXPECT_EQ(changes.vanished.to_string(), "1:3");
                EXPECT_THAT(changes.messages, ElementsAre(ChangedMessage{20, true, {}}));
              });
  }
}

TEST(ImapClientSync, AnEmptyMailboxAsksForNothing) {
  play_sync("", "C: A1 SELECT INBOX\nS: * 0 EXISTS\nS: * OK [UIDVALIDITY 7] .\nS: A1 OK\n", [](Client& client) {
    const auto changes = client.changes_since("INBOX", known(0, "1:3"));
    EXPECT_EQ(changes.vanished.to_string(), "1:3");
    EXPECT_TRUE(changes.state.uids.empty());
  });
}

TEST(ImapMailboxState, IsKeptAsText) {
  MailboxState state{.uid_validity = 7, .uid_next = 21, .modseq = 95, .uids = *NumberSet::parse("1,3:9")};
  EXPECT_EQ(state.to_string(), "imap-mailbox-state 1\n7 21 95 1,3:9\n");
  state.flags.emplace_back(Flags::of({"\\Seen", "$x"}), NumberSet(3));
  state.flags.emplace_back(Flags(), NumberSet(4));
  EXPECT_EQ(MailboxState::parse(state.to_string()), state);
  EXPECT_EQ(MailboxState::parse(MailboxState().to_string()), MailboxState());
  for (const char* bad :
       {"", "imap-mailbox-state 1\n", "imap-mailbox-state 1\n7 21 95\n", "imap-mailbox-state 2\n7 21 95 1\n",
        "imap-mailbox-state 1\n7 21 95 1", "imap-mailbox-state 1\n7 21 95 1\nx \\Seen\n",
        "imap-mailbox-state 1\n-7 21 95 1\n", "imap-mailbox-state 1\n7 21 95 *\n"}) {
    EXPECT_EQ(MailboxState::parse(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace posthouse::imap
