// What a client does by extensions that not every server has, and bodies that are asked for ahead.
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/play.h"

namespace posthouse::imap {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

// ------------------------------------------------------------------------------------------------------- fetching ahead

using Read = std::vector<std::pair<std::uint32_t, std::string>>;

/// What is read of `uids`, `most` messages of them.
Read read_all(Client& client, const NumberSet& uids, std::size_t most = 1000) {
  Read read;
  client.retrieve_each(uids, [&](std::uint32_t uid, std::string_view message) {
    read.emplace_back(uid, message);
    return read.size() < most;
  });
  return read;
}

const std::string many = "C: A2 NOOP\nS: * 500 EXISTS\nS: A2 OK\n";

TEST(ImapClientFetchAhead, TheNextAreAskedForBeforeTheseHaveCome) {
  play_selected("", many + R"(
C: A3 UID FETCH 1:50 (UID BODY.PEEK[])
C: A4 UID FETCH 51:100 (UID BODY.PEEK[])
S: * 1 FETCH (UID 1 BODY[] {3}
S| one)\r\n
S: * 2 FETCH (FLAGS (\Seen) UID 2)
S: * 501 EXISTS
S: A3 OK
C: A5 UID FETCH 101:103 (UID BODY.PEEK[])
S: * 51 FETCH (UID 51 BODY[] "two")
S: A4 OK
S: * 102 FETCH (BODY[] {5}
S| three UID 102)\r\n
S: * 103 FETCH (UID 999 BODY[] "somebody else's")
S: A5 OK
C: A6 NOOP
S: A6 OK
)",
                [](Client& client) {
                  client.noop();
                  EXPECT_THAT(read_all(client, NumberSet::of({{1, 103}})),
                              ElementsAre(Pair(1, "one"), Pair(51, "two"), Pair(102, "three")));
                  EXPECT_EQ(client.selected()->exists, 501U);
                  client.noop();
                });
}

TEST(ImapClientFetchAhead, WhoHasEnoughIsAskedForNoMore) {
  play_selected("", many + R"(
C: A3 UID FETCH 1:50 (UID BODY.PEEK[])
C: A4 UID FETCH 51:100 (UID BODY.PEEK[])
S: * 1 FETCH (UID 1 BODY[] "one")
S: * 2 FETCH (UID 2 BODY[] "two")
S: A3 OK
S: * 51 FETCH (UID 51 BODY[] "three")
S: A4 OK
C: A5 NOOP
S: A5 OK
)",
                [](Client& client) {
                  client.noop();
                  EXPECT_THAT(read_all(client, NumberSet::of({{1, 200}}), 1), ElementsAre(Pair(1, "one")));
                  client.noop();
                });
}

TEST(ImapClientFetchAhead, OfASetOfAllTheThereAreSoughtFirst) {
  play_selected("", R"(
C: A2 UID SEARCH UID 1:4294967295
S: * SEARCH 3 9
S: A2 OK
C: A3 UID FETCH 3,9 (UID BODY.PEEK[])
S: * 2 FETCH (UID 9 BODY[] "nine")
S: A3 OK
C: A4 UID SEARCH UID 10:20
S: * SEARCH
S: A4 OK
)",
                [](Client& client) {
                  EXPECT_THAT(read_all(client, NumberSet::of({{1, 4294967295U}})), ElementsAre(Pair(9, "nine")));
                  EXPECT_THAT(read_all(client, NumberSet::of({{10, 20}})), IsEmpty());
                });
}

TEST(ImapClientFetchAhead, ARefusalIsToldOfWhenAllHasBeenRead) {
  play_selected("", many + R"(
C: A3 UID FETCH 1:50 (UID BODY.PEEK[])
C: A4 UID FETCH 51:100 (UID BODY.PEEK[])
S: A3 NO [SERVERBUG] no
S: * 51 FETCH (UID 51 BODY[] "x")
S: A4 OK
C: A5 NOOP
S: A5 OK
)",
                [](Client& client) {
                  client.noop();
                  const Error error = error_of([&] { read_all(client, NumberSet::of({{1, 200}})); });
                  EXPECT_EQ(error.response_code(), "SERVERBUG");
                  EXPECT_TRUE(error.connection_usable());
                  client.noop();
                });
}

TEST(ImapClientFetchAhead, AnswersOutOfOrderAndCallbacksThatThrowEndTheConnection) {
  play_selected("", many + R"(
C: A3 UID FETCH 1:50 (UID BODY.PEEK[])
C: A4 UID FETCH 51:100 (UID BODY.PEEK[])
S: A4 OK
)",
                [](Client& client) {
                  client.noop();
                  const Error error = error_of([&] { read_all(client, NumberSet::of({{1, 200}})); });
                  EXPECT_EQ(error.errc(), Errc::protocol);
                  EXPECT_FALSE(client.stream().is_open());
                });
  play_selected("", R"(
C: A2 UID FETCH 1 (UID BODY.PEEK[])
S: * 1 FETCH (UID 1 BODY[] "x")
S: A2 OK
)",
                [](Client& client) {
                  EXPECT_THROW(client.retrieve_each(1, [](std::uint32_t, std::string_view) -> bool { throw 1; }), int);
                  EXPECT_FALSE(client.stream().is_open());
                });
}

// --------------------------------------------------------------------------------------------------------------- NOTIFY

TEST(ImapClientNotify, TellsOfMailboxesThatAreNotSelected) {
  play_selected(
      "NOTIFY IDLE", R"(
C: A2 NOTIFY SET STATUS (SELECTED (MessageNew (UID) MessageExpunge)) (PERSONAL (MessageNew MessageExpunge MailboxName))
S: * STATUS Sent (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)
S: A2 OK
C: A3 IDLE
S: + idling
S: * STATUS Sent (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 3)
C: DONE
S: A3 OK
C: A4 NOOP
S: * LIST () "/" New
S: A4 OK
C: A5 NOTIFY NONE
S: A5 OK
)",
      [](Client& client) {
        client.notify(
            {{{MailboxScope::selected},
              {.message_new = true, .new_items = {{.kind = FetchKind::uid}}, .message_expunge = true}},
             {{MailboxScope::personal}, {.message_new = true, .message_expunge = true, .mailbox_name = true}}},
            true);
        EXPECT_THAT(client.events(), SizeIs(2)) << "EXISTS of SELECT, and STATUS";
        const auto events = client.idle();
        ASSERT_THAT(events, SizeIs(1));
        const auto* status = std::get_if<response::MailboxStatus>(&events.front());
        ASSERT_NE(status, nullptr);
        EXPECT_EQ(status->number(StatusItem::messages), 2U);
        client.noop();
        EXPECT_TRUE(std::holds_alternative<response::ListEntry>(client.events().at(0)));
        EXPECT_FALSE(client.events_lost());
        client.notify_none();
      });
}

TEST(ImapClientNotify, AServerThatGivesUpHasLostEvents) {
  play_selected("NOTIFY", R"(
C: A2 NOOP
S: * OK [NOTIFICATIONOVERFLOW] too much
S: A2 OK
)",
                [](Client& client) {
                  client.noop();
                  EXPECT_TRUE(client.events_lost());
                  EXPECT_FALSE(client.events_lost());
                });
  play_selected("", "", [](Client& client) {
    EXPECT_EQ(error_of([&] { client.notify({}); }).errc(), Errc::unsupported);
    EXPECT_EQ(error_of([&] { client.notify_none(); }).errc(), Errc::unsupported);
  });
}

// --------------------------------------------------------------------------------------------------------------- APPEND

std::vector<std::uint32_t> uids_of(const std::vector<Appended>& places) {
  std::vector<std::uint32_t> uids;
  for (const Appended& place : places) {
    uids.push_back(place.uid);
  }
  return uids;
}

TEST(ImapClientMultiappend, SeveralMessagesGoByOneCommand) {
  const NewMessage messages[] = {{.text = "one", .options = {.flags = Flags::of({"\\Seen"})}}, {.text = "three"}};
  play_selected("MULTIAPPEND", R"(
C: A2 APPEND Old (\Seen) {3}
S: + go
C: one {5}
S: + go
C: three
S: A2 OK [APPENDUID 38 17:18] done
C: A3 APPEND Old (\Seen) {3}
S: + go
C: one {5}
S: A3 NO [OVERQUOTA] full
)",
                [&](Client& client) {
                  EXPECT_THAT(uids_of(client.append("Old", messages)), ElementsAre(17, 18));
                  EXPECT_EQ(error_of([&] { client.append("Old", messages); }).response_code(), "OVERQUOTA");
                });
  play_selected("MULTIAPPEND LITERAL+", R"(
C: A2 APPEND Old (\Seen) {3+}
C: one {5+}
C: three
S: A2 OK [APPENDUID 38 17] what
)",
                [&](Client& client) {
                  EXPECT_THAT(uids_of(client.append("Old", messages)), ElementsAre(0, 0)) << "told of one alone";
                });
  play_selected("", "",
                [](Client& client) { EXPECT_THAT(client.append("Old", std::span<const NewMessage>()), IsEmpty()); });
}

TEST(ImapClientMultiappend, WithoutTheExtensionOneByOne) {
  const NewMessage messages[] = {{.text = "one"}, {.text = "three"}};
  play_selected("LITERAL+", R"(
C: A2 APPEND Old {3+}
C: one
S: A2 OK [APPENDUID 38 17] done
C: A3 APPEND Old {5+}
C: three
S: A3 OK [APPENDUID 38 19] done
)",
                [&](Client& client) { EXPECT_THAT(uids_of(client.append("Old", messages)), ElementsAre(17, 19)); });
}

TEST(ImapClientAppend, HeadersInUtf8AreSaidToBe) {
  const std::string message = "Subject: \xE4\xB8\xAD\r\n\r\nx\r\n";
  const std::string dialogue =
      R"(S: * OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ACCEPT LITERAL+ MULTIAPPEND AUTH=PLAIN SASL-IR] hello
C: A1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
S: A1 OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ACCEPT LITERAL+ MULTIAPPEND] in
)";
  const auto log_in = [](Client& client) { client.login("ann", "secret"); };
  play(dialogue + R"(C: A2 ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: A2 OK
C: A3 APPEND INBOX UTF8 (~{19+}
C: Subject: 中
C: 
C: x
C: )
S: A3 OK
C: A4 APPEND INBOX UTF8 (~{19+}
C: Subject: 中
C: 
C: x
C: ) {5+}
C: plain
S: A4 OK
)",
       [&](Client& client) {
         log_in(client);
         client.append("INBOX", message);
         const NewMessage both[] = {{.text = message}, {.text = "plain"}};
         client.append("INBOX", both);
       });
  // Where it is not enabled, and where only the text is in UTF-8, nothing is said.
  ClientOptions plain = clear_text();
  plain.enable.clear();
  play(
      dialogue + "C: A2 APPEND INBOX {19+}\nC: Subject: 中\nC: \nC: x\nC: \nS: A2 OK\n",
      [&](Client& client) {
        log_in(client);
        client.append("INBOX", message);
      },
      plain);
}

}  // namespace
}  // namespace posthouse::imap
