// Several sessions in one mailbox: what each is told, and when.
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/localhost_tls.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/server_play.h"

namespace posthouse::imap {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

// A session with a client that speaks lines.
class Talker {
 public:
  Talker(MemoryBackend& house, net::Scope& scope, const std::string& mailbox = "INBOX",
         const ServerOptions& options = quick_options())
      : options_(options) {
    std::tie(client_, server_) = net::memory_pipe(1 << 20);
    scope.spawn([this, &house] {
      serve_session(server_, options_, house);
      server_.close();
    });
    read_line();
    ask("LOGIN ann secret");
    ask("SELECT " + mailbox);
  }

  /// The untagged lines and the tagged one, without its tag.
  std::vector<std::string> ask(const std::string& command) {
    const std::string tag = "t" + std::to_string(++number_);
    client_.write(tag + ' ' + command + "\r\n");
    std::vector<std::string> lines;
    do {
      lines.push_back(read_line());
    } while (!lines.back().starts_with(tag + ' '));
    lines.back().erase(0, tag.size() + 1);
    return lines;
  }
  void say(const std::string& line) { client_.write(line + "\r\n"); }
  std::string read_line() { return client_.read_line(1 << 20, 20s).value(); }

 private:
  const ServerOptions options_;
  net::Stream client_, server_;
  int number_ = 0;
};

template <class F>
void with_sessions(F f, const ServerOptions& options = quick_options()) {
  MemoryBackend house;
  furnish(house);
  net::run([&] {
    net::Scope scope;
    Talker one(house, scope, "INBOX", options), two(house, scope, "INBOX", options);
    f(one, two, house);
    one.ask("LOGOUT");
    two.ask("LOGOUT");
    scope.join();
  });
}

// RFC 3501 section 2.3.2: each message is recent in one session, whichever hears of it first.
TEST(ImapSessions, AMessageIsRecentInOneSession) {
  with_sessions([](Talker& one, Talker& two, MemoryBackend& house) {
    one.ask("UNSELECT");
    two.ask("UNSELECT");
    house.mark_recent("ann", "INBOX", 5);
    EXPECT_THAT(one.ask("STATUS INBOX (RECENT)"), ElementsAre("* STATUS INBOX (RECENT 1)", "OK That is its status"));
    EXPECT_THAT(one.ask("EXAMINE INBOX"), Contains("* 1 RECENT"));
    EXPECT_THAT(two.ask("SELECT INBOX"), Contains("* 1 RECENT"));
    EXPECT_THAT(one.ask("SELECT INBOX"), Contains("* 0 RECENT"));
    house.add("ann", "INBOX", "Subject: new\r\n\r\n");
    EXPECT_THAT(two.ask("NOOP"), ElementsAre("* 6 EXISTS", "* 2 RECENT", "OK Nothing done"));
    EXPECT_THAT(one.ask("NOOP"), ElementsAre("* 6 EXISTS", "OK Nothing done"));
    EXPECT_THAT(two.ask("FETCH 4:6 FLAGS"),
                ElementsAre("* 4 FETCH (FLAGS (\\Flagged $Work))", "* 5 FETCH (FLAGS (\\Recent))",
                            "* 6 FETCH (FLAGS (\\Recent))", "OK Fetched"));
    EXPECT_THAT(two.ask("STORE 6 FLAGS (\\Seen \\Deleted)"),
                ElementsAre("* 6 FETCH (FLAGS (\\Deleted \\Seen \\Recent))", "OK Stored"));
    EXPECT_THAT(two.ask("SEARCH NEW"), ElementsAre("* SEARCH 5", "OK Searched"));
    EXPECT_THAT(two.ask("SEARCH RECENT"), ElementsAre("* SEARCH 5 6", "OK Searched"));
    EXPECT_THAT(two.ask("SEARCH OLD"), ElementsAre("* SEARCH 1 2 3 4", "OK Searched"));
    EXPECT_THAT(two.ask("EXPUNGE"), ElementsAre("* 6 EXPUNGE", "* 1 RECENT", "OK Expunged"));
    EXPECT_THAT(one.ask("SEARCH RECENT"), ElementsAre("* SEARCH", "OK [EXPUNGEISSUED] Searched"));
    two.ask("ENABLE IMAP4rev2");
    EXPECT_THAT(two.ask("UID FETCH 5 FLAGS"), ElementsAre("* 5 FETCH (UID 5 FLAGS ())", "OK Fetched"));
  });
}

TEST(ImapSessions, ExpungesWaitForACommandThatMayTellThem) {
  with_sessions([](Talker& one, Talker& two, MemoryBackend&) {
    one.ask("STORE 1,3 +FLAGS.SILENT (\\Deleted)");
    EXPECT_THAT(one.ask("EXPUNGE"), ElementsAre("* 3 EXPUNGE", "* 1 EXPUNGE", "OK Expunged"));
    EXPECT_THAT(two.ask("FETCH 2,4 UID"), ElementsAre("* 2 FETCH (UID 2)", "* 4 FETCH (UID 4)", "OK Fetched"));
    EXPECT_THAT(two.ask("STORE 2 +FLAGS (\\Flagged)"), ElementsAre("* 2 FETCH (FLAGS (\\Flagged))", "OK Stored"));
    EXPECT_THAT(two.ask("FETCH 1 RFC822.SIZE"), ElementsAre("OK [EXPUNGEISSUED] Some of them are not there any more"));
    EXPECT_THAT(two.ask("UID FETCH 1 RFC822.SIZE"), ElementsAre("* 3 EXPUNGE", "* 1 EXPUNGE", "OK Fetched"));
    EXPECT_THAT(one.ask("NOOP"), ElementsAre("* 1 FETCH (FLAGS (\\Flagged))", "OK Nothing done"));
  });
}

// RFC 9738: the client has to hear of both.
TEST(ImapSessions, AStoreTellsOfItsLimitAndOfWhatHasGone) {
  ServerOptions options = quick_options();
  options.message_limit = 2;
  with_sessions(
      [](Talker& one, Talker& two, MemoryBackend&) {
        one.ask("STORE 5 +FLAGS.SILENT (\\Deleted)");
        one.ask("EXPUNGE");
        EXPECT_THAT(two.ask("STORE 1:5 +FLAGS.SILENT (\\Answered)"),
                    ElementsAre("* NO [MESSAGELIMIT 2 4] Too many at once",
                                "OK [EXPUNGEISSUED] Some of them are not there any more"));
      },
      options);
}

TEST(ImapSessions, NewMailAndFlagsAreToldWithTheNextCommand) {
  with_sessions([](Talker& one, Talker& two, MemoryBackend& house) {
    house.add("ann", "INBOX", "Subject: new\r\n\r\n");
    EXPECT_THAT(one.ask("FETCH 1 UID"), ElementsAre("* 1 FETCH (UID 1)", "* 6 EXISTS", "OK Fetched"));
    one.ask("STORE 6 +FLAGS (\\Seen $Big)");
    EXPECT_THAT(two.ask("CHECK"),
                ElementsAre("* 6 EXISTS", "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work $Big)",
                            HasSubstr("PERMANENTFLAGS"), "OK All is stored"));
    EXPECT_THAT(two.ask("FETCH 6 FLAGS"), ElementsAre("* 6 FETCH (FLAGS (\\Seen $Big))", "OK Fetched"));
    two.ask("ENABLE CONDSTORE");
    one.ask("STORE 6 -FLAGS ($Big)");
    EXPECT_THAT(two.ask("NOOP"), ElementsAre("* 6 FETCH (UID 6 FLAGS (\\Seen) MODSEQ (10))", "OK Nothing done"));
  });
}

TEST(ImapSessions, AFetchThatSetsSeenTellsTheOthersOnce) {
  with_sessions([](Talker& one, Talker& two, MemoryBackend&) {
    one.ask("FETCH 1:2 BODY[]<0.1>");
    EXPECT_THAT(one.ask("NOOP"), ElementsAre("OK Nothing done"));
    EXPECT_THAT(two.ask("NOOP"), ElementsAre("* 2 FETCH (FLAGS (\\Seen))", "OK Nothing done"));
    EXPECT_THAT(two.ask("NOOP"), ElementsAre("OK Nothing done"));
  });
}

TEST(ImapSessions, IdleIsWokenByWhatOthersDo) {
  with_sessions([](Talker& one, Talker& two, MemoryBackend& house) {
    two.say("i IDLE");
    EXPECT_EQ(two.read_line(), "+ Idling");
    for (int round = 0; round < 3; ++round) {
      house.add("ann", "INBOX", "Subject: new\r\n\r\n");
      EXPECT_EQ(two.read_line(), "* " + std::to_string(6 + round) + " EXISTS");
    }
    one.ask("STORE 1 FLAGS (\\Deleted)");
    EXPECT_EQ(two.read_line(), "* 1 FETCH (FLAGS (\\Deleted))");
    one.ask("EXPUNGE");
    EXPECT_EQ(two.read_line(), "* 1 EXPUNGE");
    two.say("DONE");
    EXPECT_EQ(two.read_line(), "i OK Idled");
  });
}

TEST(ImapSessions, NotifyTellsOfOtherMailboxesAtOnce) {
  with_sessions([](Talker& one, Talker& two, MemoryBackend& house) {
    one.ask("CREATE Lists");
    EXPECT_THAT(two.ask("NOTIFY SET STATUS (MAILBOXES Lists (MessageNew MessageExpunge)) (PERSONAL (MailboxName "
                        "SubscriptionChange)) (SELECTED (MessageNew (UID BODY.PEEK[]) MessageExpunge))"),
                ElementsAre("* STATUS Lists (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1002)", "OK Changes will be told"));
    one.ask("COPY 1 Lists");
    EXPECT_EQ(two.read_line(), "* STATUS Lists (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1002)");
    one.ask("CREATE New");
    EXPECT_EQ(two.read_line(), "* LIST () \"/\" New");
    one.ask("SUBSCRIBE New");
    EXPECT_EQ(two.read_line(), "* LIST (\\Subscribed) \"/\" New");
    one.ask("DELETE New");
    EXPECT_EQ(two.read_line(), "* LIST (\\NonExistent \\Subscribed) \"/\" New");
    house.add("ann", "INBOX", "A: b\r\n");
    EXPECT_EQ(two.read_line(), "* 6 EXISTS");
    EXPECT_EQ(two.read_line(), "* 6 FETCH (UID 6 BODY[] {6}");
    EXPECT_EQ(two.read_line(), "A: b");
    EXPECT_EQ(two.read_line(), ")");
    one.ask("STORE 1 +FLAGS.SILENT (\\Deleted)");
    EXPECT_EQ(two.read_line(), "* 1 FETCH (UID 1 FLAGS (\\Deleted \\Seen))");
    one.ask("EXPUNGE");
    EXPECT_EQ(two.read_line(), "* 1 EXPUNGE");
    EXPECT_THAT(
        two.ask("NOTIFY SET (PERSONAL (AnnotationChange MessageNew MessageExpunge))"),
        ElementsAre("NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)] Nothing is "
                    "told of that"));
    two.ask("NOTIFY NONE");
    one.ask("STORE 1 +FLAGS.SILENT (\\Answered)");
    EXPECT_THAT(two.ask("NOOP"), ElementsAre("* 1 FETCH (FLAGS (\\Answered))", "OK Nothing done"));
  });
}

// RFC 7162: what is told of a message must not let a client believe that it has heard of older expunges.
TEST(ImapSessions, AClientIsToldHowFarItHasHeardOfEverything) {
  with_sessions([](Talker& one, Talker& two, MemoryBackend&) {
    two.ask("ENABLE QRESYNC");
    const std::vector<std::string> selected = two.ask("SELECT INBOX");
    const std::string known = *std::find_if(selected.begin(), selected.end(), [](const std::string& line) {
      return line.find("HIGHESTMODSEQ") != std::string::npos;
    });
    const std::string code = known.substr(5, known.find(']') - 4);  // "[HIGHESTMODSEQ n]"
    EXPECT_THAT(two.ask("NOOP"), ElementsAre("OK Nothing done"));
    one.ask("STORE 1,3 +FLAGS.SILENT (\\Deleted)");
    one.ask("EXPUNGE");
    EXPECT_THAT(two.ask("STORE 2 +FLAGS.SILENT (\\Flagged)").back(), "OK " + code + " Stored");
    EXPECT_THAT(two.ask("FETCH 1 RFC822.SIZE"), ElementsAre("* OK " + code + " Expunges are still to be told",
                                                            "OK [EXPUNGEISSUED] Some of them are not there any more"));
    EXPECT_THAT(two.ask("SEARCH 1"), ElementsAre("* SEARCH 1", "* OK " + code + " Expunges are still to be told",
                                                 "OK [EXPUNGEISSUED] Searched"));
    EXPECT_THAT(two.ask("STORE 1 +FLAGS (\\Seen)"),
                ElementsAre("* OK " + code + " Expunges are still to be told",
                            "OK [EXPUNGEISSUED] Some of them are not there any more"));
    EXPECT_THAT(two.ask("NOOP"), ElementsAre("* VANISHED 1,3", "OK Nothing done"));
    EXPECT_THAT(two.ask("STORE 1 +FLAGS.SILENT (\\Draft)").back(), "OK Stored");
  });
}

TEST(ImapSessions, AMailboxThatIsGoneEndsTheSession) {
  MemoryBackend house;
  furnish(house);
  house.add("ann", "Trash", "Subject: x\r\n\r\n");
  net::run([&] {
    net::Scope scope;
    Talker one(house, scope, "Trash"), two(house, scope, "Trash");
    EXPECT_THAT(one.ask("DELETE Trash"), ElementsAre("OK Deleted"));
    EXPECT_THAT(one.ask("FETCH 1 FLAGS"), ElementsAre("BAD No mailbox is selected"));
    two.say("x NOOP");
    EXPECT_EQ(two.read_line(), "* BYE The selected mailbox is not there any more");
    one.ask("LOGOUT");
    scope.join();
  });
}

TEST(ImapSessions, ARenamedMailboxStaysSelected) {
  with_sessions([](Talker& one, Talker& two, MemoryBackend& house) {
    house.add("ann", "Old", "Subject: x\r\n\r\n");
    one.ask("SELECT Old");
    two.ask("RENAME Old New");
    EXPECT_THAT(one.ask("STORE 1 FLAGS (\\Seen)"), ElementsAre("* 1 FETCH (FLAGS (\\Seen))", "OK Stored"));
    EXPECT_THAT(two.ask("STATUS New (UNSEEN)"), ElementsAre("* STATUS New (UNSEEN 0)", "OK That is its status"));
  });
}

TEST(ImapSessions, WhatAnotherHasRenamedIsDeletedByWhoeverHasItSelected) {
  with_sessions([](Talker& one, Talker& two, MemoryBackend& house) {
    house.add("ann", "Old", "Subject: x\r\n\r\n");
    one.ask("SELECT Old");
    two.ask("RENAME Old New");
    EXPECT_THAT(one.ask("DELETE New"), ElementsAre("OK Deleted"));
    EXPECT_THAT(one.ask("FETCH 1 FLAGS"), ElementsAre("BAD No mailbox is selected"));
  });
}

TEST(ImapSessions, OurOwnClientUnderTls) {
  MemoryBackend house;
  furnish(house);
  const test::TlsPair& tls = test::localhost_tls();
  net::run([&] {
    net::Stream near, far;
    std::tie(near, far) = net::memory_pipe(1 << 20);
    ServerOptions options = quick_options();
    options.insecure_auth = false;
    options.tls = tls.server;
    SessionSummary summary;
    net::Scope scope;
    scope.spawn([&] {
      summary = serve_session(far, options, house);
      far.close();
    });
    ClientOptions client_options;
    client_options.tls = Tls::starttls;
    client_options.tls_context = tls.client;
    Client client(std::move(near), "localhost", client_options);
    client.login("ann", "secret");
    client.select("INBOX");
    EXPECT_EQ(client.selected()->exists, 5U);
    client.append("INBOX", "Subject: mine\r\n\r\nbody\r\n");
    client.noop();
    EXPECT_EQ(client.selected()->exists, 6U);
    client.logout();
    scope.join();
    EXPECT_EQ(summary.end, SessionEnd::logged_out);
    EXPECT_TRUE(house.last_session.tls.has_value());
  });
}

}  // namespace
}  // namespace posthouse::imap
