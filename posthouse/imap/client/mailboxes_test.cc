#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/play.h"

namespace posthouse::imap {
namespace {

using testing::ElementsAre;

// A client that is logged in, on a server with these capabilities. Its first command is A1.
void play_with(const std::string& capabilities, const std::string& transcript,
               const std::function<void(Client&)>& code) {
  ClientOptions options = clear_text();
  options.enable.clear();
  play("S: * PREAUTH [CAPABILITY " + capabilities + "] hello\n" + transcript, code, options);
}

TEST(ImapClientMailboxes, AreListed) {
  play_with("IMAP4rev1", R"(
C: A1 LIST "" "*"
S: * LIST (\HasNoChildren) "/" INBOX
S: * 5 EXISTS
S: * LIST (\HasChildren \Trash) "/" "&U,BTFw-"
S: A1 OK
C: A2 LSUB "" "a%"
S: * LSUB () "/" ab
S: A2 OK
)",
            [](Client& client) {
              const auto all = client.list();
              ASSERT_EQ(all.size(), 2U);
              EXPECT_EQ(all[1].mailbox.name, "台北");
              EXPECT_TRUE(all[1].has("\\trash"));
              EXPECT_EQ(client.list("a%", {.subscribed = true}).at(0).kind, response::ListKind::lsub);
              EXPECT_EQ(client.events().size(), 1U);
            });
  play_with("IMAP4rev1 LIST-EXTENDED SPECIAL-USE", R"(
C: A1 LIST (SUBSCRIBED) "" ("*") RETURN (SPECIAL-USE)
S: * LIST (\Subscribed \Sent) "/" Sent
S: A1 OK
C: A2 LIST () "" ("*") RETURN (SPECIAL-USE)
S: * LIST () "/" INBOX
S: * LIST (\Sent) "/" "Sent Items"
S: A2 OK
C: A3 LIST () "" ("*") RETURN (SPECIAL-USE)
S: A3 OK
)",
            [](Client& client) {
              EXPECT_EQ(client.list("*", {.subscribed = true, .special_use = true}).size(), 1U);
              EXPECT_EQ(client.mailbox_for("\\Sent"), "Sent Items");
              EXPECT_EQ(client.mailbox_for("\\Trash"), std::nullopt);
            });
}

TEST(ImapClientMailboxes, AreMadeRenamedAndRemoved) {
  play_with("IMAP4rev1 CREATE-SPECIAL-USE NAMESPACE", R"(
C: A1 CREATE "a b"
S: A1 OK
C: A2 CREATE Sent (USE (\Sent))
S: A2 OK
C: A3 RENAME "a b" &U,BTFw-
S: A3 OK
C: A4 SUBSCRIBE INBOX
S: A4 OK
C: A5 UNSUBSCRIBE x
S: A5 OK
C: A6 DELETE x
S: A6 NO [NONEXISTENT] none
C: A7 STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)
S: * STATUS other (MESSAGES 1)
S: * STATUS INBOX (MESSAGES 17 UNSEEN 2 UIDNEXT 44 UIDVALIDITY 5)
S: A7 OK
C: A8 STATUS x (SIZE)
S: A8 OK
C: A9 NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: A9 OK
)",
            [](Client& client) {
              client.create("a b");
              client.create("Sent", "\\Sent");
              client.rename("a b", "台北");
              client.subscribe("inbox");
              client.unsubscribe("x");
              const Error error = error_of([&] { client.remove("x"); });
              EXPECT_EQ(error.errc(), Errc::refused);
              EXPECT_EQ(error.response_code(), "NONEXISTENT");
              EXPECT_EQ(error.statement(), "DELETE x");
              const auto status = client.status("INBOX");
              EXPECT_EQ(status.number(StatusItem::messages), 17U);
              EXPECT_EQ(status.number(StatusItem::uid_next), 44U);
              EXPECT_EQ(error_of([&] { client.status("x", {StatusItem::size}); }).errc(), Errc::refused);
              EXPECT_EQ(client.namespaces().personal.at(0).delimiter, "/");
              EXPECT_EQ(client.events().size(), 1U) << "the other mailbox's status";
            });
  play_with("IMAP4rev1", "", [](Client& client) {
    EXPECT_EQ(error_of([&] { client.namespaces(); }).errc(), Errc::unsupported);
    EXPECT_EQ(error_of([&] { client.create("Sent", "\\Sent"); }).errc(), Errc::unsupported);
    EXPECT_EQ(error_of([&] { client.create(""); }).errc(), Errc::usage);
    EXPECT_EQ(error_of([&] { client.create("a\r\nA9 LOGOUT"); }).errc(), Errc::usage);
    EXPECT_EQ(error_of([&] { client.create("a", "\\Sent) x"); }).errc(), Errc::usage);
    EXPECT_EQ(error_of([&] { client.list("\xff"); }).errc(), Errc::usage);
  });
}

TEST(ImapClientMailboxes, TheOpenOneIsFollowed) {
  play_with("IMAP4rev1 UNSELECT", R"(
C: A1 SELECT INBOX
S: * FLAGS (\Seen $Junk)
S: * OK [PERMANENTFLAGS (\Seen \*)] Limited
S: * 172 EXISTS
S: * 1 RECENT
S: * OK [UIDVALIDITY 3857529045] UIDs valid
S: * OK [UIDNEXT 4392] Predicted next UID
S: * OK [HIGHESTMODSEQ 715194045007] ok
S: * OK [MAILBOXID (M1)] id
S: A1 OK [READ-WRITE] SELECT completed
C: A2 NOOP
S: * 174 EXISTS
S: * 3 EXPUNGE
S: * VANISHED 5,7
S: * VANISHED (EARLIER) 1:100
S: * 12 FETCH (UID 4392 FLAGS (\Seen))
S: * OK [HIGHESTMODSEQ 715194045009] ok
S: A2 OK
C: A3 EXAMINE gone
S: A3 NO no
C: A4 EXAMINE two
S: * 4 EXISTS
S: A4 OK [READ-ONLY]
C: A5 SELECT three
S: * 9 EXISTS
S: * OK [CLOSED] old one
S: * 1 EXISTS
S: A5 OK
C: A6 UNSELECT
S: A6 OK
C: A7 SELECT INBOX
S: A7 OK
C: A8 CLOSE
S: A8 OK
)",
            [](Client& client) {
              EXPECT_EQ(client.selected(), nullptr);
              const Selected& inbox = client.select("inbox");
              EXPECT_EQ(inbox.mailbox, "INBOX");
              EXPECT_EQ(inbox.exists, 172U);
              EXPECT_EQ(inbox.recent, 1U);
              EXPECT_EQ(inbox.uid_validity, 3857529045U);
              EXPECT_EQ(inbox.uid_next, 4392U);
              EXPECT_EQ(inbox.highest_modseq, 715194045007U);
              EXPECT_EQ(inbox.mailbox_id, "M1");
              EXPECT_TRUE(inbox.permanent_flags.has("\\*"));
              EXPECT_TRUE(inbox.flags.has("$junk"));
              EXPECT_FALSE(inbox.read_only);
              client.events();
              client.noop();
              EXPECT_EQ(client.selected()->exists, 171U);
              EXPECT_EQ(client.selected()->uid_next, 4393U);
              EXPECT_EQ(client.selected()->highest_modseq, 715194045009U);
              EXPECT_EQ(client.events().size(), 5U);
              EXPECT_THROW(client.examine("gone"), Error);
              EXPECT_EQ(client.selected(), nullptr);
              EXPECT_TRUE(client.examine("two").read_only);
              EXPECT_EQ(client.select("three").exists, 1U);
              client.unselect();
              EXPECT_EQ(client.selected(), nullptr);
              client.select("INBOX");
              client.close();
              EXPECT_EQ(client.selected(), nullptr);
              EXPECT_EQ(error_of([&] { client.close(); }).errc(), Errc::usage);
              EXPECT_EQ(error_of([&] { client.search(seen()); }).errc(), Errc::usage);
            });
}

TEST(ImapClientMailboxes, UnselectWithoutTheCommandRemovesNothing) {
  play_selected("", "C: A2 EXAMINE INBOX\nS: A2 OK [READ-ONLY]\nC: A3 CLOSE\nS: A3 OK\n", [](Client& client) {
    client.unselect();
    EXPECT_EQ(client.selected(), nullptr);
  });
}

TEST(ImapClientMailboxes, CondstoreIsAskedForWhereNothingCanBeEnabled) {
  play_with("IMAP4rev1 CONDSTORE", "C: A1 SELECT INBOX (CONDSTORE)\nS: A1 OK\n",
            [](Client& client) { client.select("INBOX"); });
}

TEST(ImapClientMailboxes, EventsGoToTheListenerWhereThereIsOne) {
  ClientOptions options = clear_text();
  std::size_t seen = 0;
  options.listener = [&](const Event& event) { seen += std::holds_alternative<response::Exists>(event) ? 1 : 0; };
  play_selected(
      "", "C: A2 NOOP\nS: * 4 EXISTS\nS: * OK just talking\nS: A2 OK\n",
      [&](Client& client) {
        client.noop();
        EXPECT_TRUE(client.events().empty());
      },
      options);
  EXPECT_EQ(seen, 6U) << "two in each of three plays";
}

}  // namespace
}  // namespace posthouse::imap
