// Mailboxes that several users see: RFC 4314, RFC 8440, RFC 2342, against the store on each engine.
#include <chrono>
#include <thread>

#include <gmock/gmock.h>

#include "posthouse/net/stream/stream.h"
#include "posthouse/server/imap/imap_testing.h"

namespace posthouse::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SharingTest : public ImapOnEachEngine {
 protected:
  void prepare() override {
    store::add_mailbox(*store, "bob");
    store::add_mailbox(*store, "a/b=c");
    ImapOnEachEngine::prepare();
    as("ann",
       "b CREATE Work\r\nc APPEND Work (\\Flagged) {12+}\r\nSubject: 1\r\n\r\nd APPEND Work {12+}\r\nSubject: "
       "2\r\n\r\n");
  }
  void give(const std::string& mailbox, const std::string& to, const std::string& rights) {
    EXPECT_THAT(as("ann", "b SETACL " + mailbox + ' ' + to + ' ' + rights + "\r\n"), HasSubstr("b OK ")) << mailbox;
  }
};

POSTHOUSE_ON_EACH_ENGINE(SharingTest);

const std::string others = "\"Other Users/ann@one.test/";

/// Behind its log-in a session that is told of what others do.
class Watching {
 public:
  Watching(imap::Backend& backend, const std::string& user, const std::string& input, const std::string& end) {
    auto [client, server] = net::memory_pipe(1 << 20);
    client_ = std::move(client);
    session_ = std::thread([&backend, stream = std::move(server)]() mutable {
      imap::serve_session(stream, imap::quick_options(), backend);
      stream.close();
    });
    client_.write("a LOGIN " + user + "@one.test x\r\n" + input, std::chrono::seconds(60));
    before_ = until(end);
  }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  ~Watching() {
    client_.close();
    session_.join();
  }
  const std::string& before() const { return before_; }
  void say(const std::string& input) { client_.write(input, std::chrono::seconds(60)); }
  /// All that comes up to `end`.
  std::string until(const std::string& end) { return client_.read_until(end, 1 << 20, std::chrono::seconds(60)) + end; }

 private:
  net::Stream client_;
  std::thread session_;
  std::string before_;
};

TEST_P(SharingTest, WhatIsSharedIsSeenUnderItsOwnersName) {
  EXPECT_THAT(as("bob", "b LIST \"\" *\r\nc NAMESPACE\r\n"),
              AllOf(Not(HasSubstr("Work")), HasSubstr("* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) NIL")));
  give("Work", "bob@one.test", "lr");
  EXPECT_THAT(
      as("bob",
         "b LIST \"\" *\r\nc LIST \"\" %\r\nd LIST \"\" \"Other Users/%\"\r\n"
         "e LIST \"\" " +
             others + "%\" RETURN (MYRIGHTS STATUS (MESSAGES))\r\n"),
      AllOf(HasSubstr("* LIST (\\HasNoChildren) \"/\" " + others + "Work\"\r\nb OK"),
            HasSubstr("* LIST (\\Noselect \\HasChildren) \"/\" \"Other Users\"\r\nc OK"),
            HasSubstr("* LIST (\\Noselect \\HasChildren) \"/\" \"Other Users/ann@one.test\"\r\nd OK"),
            HasSubstr("* MYRIGHTS " + others + "Work\" lr\r\n* STATUS " + others + "Work\" (MESSAGES 2)\r\ne OK")));
  EXPECT_THAT(as("bob", "b SELECT " + others +
                            "Work\"\r\nc FETCH 1:2 (FLAGS BODY.PEEK[])\r\nd SEARCH SUBJECT 2\r\n"
                            "e STATUS " +
                            others + "Work\" (UNSEEN)\r\n"),
              AllOf(HasSubstr("* 2 EXISTS"), HasSubstr("b OK [READ-ONLY]"), HasSubstr("\\Flagged"),
                    HasSubstr("* SEARCH 2\r\n"), HasSubstr("(UNSEEN 2)\r\ne OK")));
  EXPECT_THAT(as("ann", "b LIST \"\" *\r\nc STATUS " + others + "Work\" (MESSAGES)\r\n"),
              AllOf(Not(HasSubstr("Other Users")), HasSubstr("c NO [NONEXISTENT]")))
      << "one's own mailboxes have one name";
}

TEST_P(SharingTest, WithoutTheRightToSeeItItIsJustAsNotThere) {
  give("Work", "bob@one.test", "rswit");
  for (const char* name : {"Work", "Nowhere"}) {
    const std::string mailbox = others + name + '"';
    const std::string answers =
        as("bob", "c DELETE " + mailbox + "\r\nd RENAME " + mailbox + " Mine\r\ne GETACL " + mailbox + "\r\nf SETACL " +
                      mailbox + " bob@one.test l\r\ng LISTRIGHTS " + mailbox + " bob@one.test\r\nh SUBSCRIBE " +
                      mailbox + "\r\ni GETMETADATA " + mailbox + " /shared/comment\r\n");
    for (const char tag : std::string("cdefghi")) {
      EXPECT_THAT(answers, HasSubstr(std::string(1, tag) + " NO [NONEXISTENT] There is no such mailbox\r\n")) << name;
    }
  }
  give("Work", "bob@one.test", "p");
  for (const char* name : {"Work", "Nowhere"}) {
    const std::string mailbox = others + name + '"';
    const std::string answers =
        as("bob", "c SELECT " + mailbox + "\r\nd STATUS " + mailbox + " (MESSAGES)\r\ne SELECT INBOX\r\nf APPEND " +
                      mailbox + " {3+}\r\nA:B\r\ng GETQUOTAROOT " + mailbox + "\r\nh GETQUOTA " + others + "\"\r\n");
    for (const char tag : std::string("cdfg")) {
      EXPECT_THAT(answers, HasSubstr(std::string(1, tag) + " NO [NONEXISTENT] There is no such mailbox\r\n")) << name;
    }
    EXPECT_THAT(answers, HasSubstr("h NO [NONEXISTENT]"));
  }
  EXPECT_THAT(as("bob", "b MYRIGHTS " + others + "Work\"\r\nc MYRIGHTS " + others + "INBOX\"\r\n"),
              AllOf(HasSubstr("* MYRIGHTS " + others + "Work\" p\r\n"), HasSubstr("c NO [NONEXISTENT]")));
}

TEST_P(SharingTest, RightsAreGivenByWhoeverMayAndTold) {
  EXPECT_THAT(
      as("ann",
         "b SETACL Work BOB@one.test lra\r\nc SETACL Work anyone lp\r\nd SETACL Work -bob@one.test p\r\n"
         "e GETACL Work\r\nf SETACL Work nobody@one.test l\r\ng SETACL Work ann@one.test l\r\n"
         "h SETACL Work bob@one.test +Q\r\ni LISTRIGHTS Work ann@one.test\r\n"),
      AllOf(HasSubstr("* ACL Work ann@one.test lrswipkxteacd anyone lp bob@one.test lra -bob@one.test p\r\ne OK"),
            HasSubstr("f NO [CANNOT]"), HasSubstr("g NO [CANNOT]"), HasSubstr("h BAD"),
            HasSubstr("* LISTRIGHTS Work ann@one.test lrswipkxteacd\r\n")));
  const std::string work = others + "Work\"";
  EXPECT_THAT(as("bob", "b MYRIGHTS " + work + "\r\nc SETACL " + work + " a/b=c@one.test +lrs\r\nd GETACL " + work +
                            "\r\ne SETACL " + work + " bob@one.test +w\r\nf DELETEACL " + work +
                            " anyone\r\ng MYRIGHTS " + work + "\r\n"),
              AllOf(HasSubstr("lra\r\nb OK"), HasSubstr("a/b=c@one.test lrs\r\nd OK"), HasSubstr("lrwa\r\ng OK")));
  EXPECT_THAT(as("ann", "b DELETEACL Work bob@one.test\r\nc GETACL Work\r\n"),
              HasSubstr("* ACL Work ann@one.test lrswipkxteacd -bob@one.test p a/b=c@one.test lrs\r\nc OK"));
  EXPECT_THAT(as("bob", "b MYRIGHTS " + work + "\r\n"), HasSubstr("b NO [NONEXISTENT]"));
}

TEST_P(SharingTest, NamesWithSlashesOfOthersAreWrittenOtherwise) {
  as("a/b=c", "b SETACL INBOX anyone lr\r\n");
  const std::string inbox = "\"Other Users/a=2Fb=3Dc@one.test/INBOX\"";
  EXPECT_THAT(as("ann", "b LIST \"\" *\r\nc SELECT " + inbox +
                            "\r\nd STATUS \"Other Users/a/b=c@one.test/INBOX\" (SIZE)\r\n"
                            "e STATUS \"Other Users/a=2fb=3Dc@one.test/INBOX\" (SIZE)\r\n"),
              AllOf(HasSubstr("\"/\" " + inbox), HasSubstr("c OK [READ-ONLY]"), HasSubstr("d NO [NONEXISTENT]"),
                    HasSubstr("e NO [NONEXISTENT]")));
}

TEST_P(SharingTest, MessagesGoFromOneOwnerToTheOtherWithTheFlagsThatMayBeSet) {
  give("Work", "bob@one.test", "lrtei");
  const std::string work = others + "Work\"";
  EXPECT_THAT(
      as("bob", "b APPEND INBOX (\\Seen \\Deleted Red) {12+}\r\nSubject: 3\r\n\r\nc SELECT INBOX\r\nd COPY 1 " + work +
                    "\r\ne MOVE 1 " + work + "\r\nf SELECT " + work +
                    "\r\ng FETCH 3:4 FLAGS\r\nh MOVE 1:2 INBOX\r\n"
                    "i EXPUNGE\r\nj STATUS INBOX (MESSAGES)\r\nk STORE 1:* +FLAGS (\\Seen)\r\n"),
      AllOf(HasSubstr("d OK [COPYUID"), HasSubstr("* OK [COPYUID"), HasSubstr("f OK [READ-WRITE]"),
            HasSubstr("* 3 FETCH (FLAGS (\\Deleted \\Recent))\r\n* 4 FETCH (FLAGS (\\Deleted \\Recent))\r\ng OK"),
            HasSubstr("h OK"), HasSubstr("* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n* 0 RECENT\r\ni OK"), HasSubstr("(MESSAGES 2)"),
            HasSubstr("k NO [NOPERM]")));
  EXPECT_THAT(as("ann", "b STATUS Work (MESSAGES)\r\n"), HasSubstr("(MESSAGES 0)"));
  EXPECT_THAT(
      as("bob", "b SELECT INBOX\r\nc COPY 1 " + others + "Nowhere\"\r\nd COPY 1 Nowhere\r\ne FETCH 1:2 FLAGS\r\n"),
      AllOf(HasSubstr("c NO [NONEXISTENT]"), HasSubstr("d NO [TRYCREATE]"), HasSubstr("\\Flagged")));
}

TEST_P(SharingTest, SomebodyElsesMailboxCountsForItsOwner) {
  give("Work", "bob@one.test", "lri");
  store->write([&](store::Write& write) { store::set_quota(write, account, {.messages = 3}); });
  const std::string work = others + "Work\"";
  const std::string append = " APPEND " + work + " {3+}\r\nA:B\r\n";
  EXPECT_THAT(as("bob", "b GETQUOTAROOT " + work + "\r\nc GETQUOTA " + others.substr(0, others.size() - 1) + "\"\r\nd" +
                            append + "e" + append + "f APPEND INBOX {3+}\r\nA:B\r\ng SELECT INBOX\r\nh COPY 1 " + work +
                            "\r\ni MOVE 1 " + work + "\r\nj GETQUOTAROOT INBOX\r\n"),
              AllOf(HasSubstr("* QUOTAROOT " + work + " " + others.substr(0, others.size() - 1) + "\"\r\n* QUOTA " +
                              others.substr(0, others.size() - 1) + "\" (MESSAGE 2 3)\r\nb OK"),
                    HasSubstr("c OK"), HasSubstr("d OK"), HasSubstr("e NO [OVERQUOTA]"), HasSubstr("f OK"),
                    HasSubstr("h NO [OVERQUOTA]"), HasSubstr("i NO [OVERQUOTA]"),
                    HasSubstr("* QUOTAROOT INBOX \"\"\r\n* QUOTA \"\" ()\r\n")));
}

TEST_P(SharingTest, MailboxesAreMadeRenamedAndRemovedByWhoeverMay) {
  give("Work", "bob@one.test", "lrk");
  as("ann",
     "b CREATE Work/old\r\nc SETACL Work/old bob@one.test lx\r\nd CREATE Alone\r\ne SETACL Alone bob@one.test "
     "lrsx\r\n");
  EXPECT_THAT(
      as("bob", "b CREATE " + others + "Work/a/b\"\r\nc LIST \"\" " + others + "*\"\r\nd CREATE " + others +
                    "Top\"\r\ne CREATE " + others + "Alone/x\"\r\nf RENAME " + others + "Alone\" " + others +
                    "Work/new\"\r\ng RENAME " + others + "Work/old\" Mine\r\nh DELETE " + others +
                    "Work\"\r\ni DELETE " + others +
                    "Work/old\"\r\nj CREATE \"Other Users\"\r\nk CREATE \"Other Users/x\"\r\nl CREATE "
                    "\"Other Users/nobody@one.test/x\"\r\nm DELETE " +
                    others + "INBOX\"\r\n"),
      AllOf(HasSubstr("b OK [MAILBOXID"), HasSubstr(others + "Work/a/b\"\r\n* LIST"), HasSubstr("d NO [NOPERM]"),
            HasSubstr("e NO [NOPERM]"), HasSubstr("f OK"), HasSubstr("g NO [CANNOT]"), HasSubstr("h NO [NOPERM]"),
            HasSubstr("i OK"), HasSubstr("j NO [CANNOT]"), HasSubstr("k NO [NOPERM]"), HasSubstr("l NO [NOPERM]"),
            HasSubstr("m NO [NONEXISTENT]")));
  EXPECT_THAT(as("ann", "b LIST \"\" *\r\nc GETACL Work/a/b\r\n"),
              AllOf(HasSubstr("\"/\" Work/a/b\r\n"), HasSubstr("\"/\" Work/new\r\n"), Not(HasSubstr("Alone")),
                    HasSubstr("* ACL Work/a/b ann@one.test lrswipkxteacd bob@one.test lrkc\r\n")));
}

TEST_P(SharingTest, SubscriptionsAndWhatIsWrittenDownAreTheReadersOwn) {
  give("Work", "bob@one.test", "lrw");
  const std::string work = others + "Work\"";
  as("ann", "b SETMETADATA Work (/private/comment \"mine\" /shared/comment \"ours\")\r\n");
  EXPECT_THAT(as("bob", "b SUBSCRIBE " + work + "\r\nc LSUB \"\" *\r\nd GETMETADATA (DEPTH infinity) " + work +
                            " (/private /shared)\r\ne SETMETADATA " + work +
                            " (/private/comment \"x\")\r\nf SETMETADATA " + work + " (/shared/comment \"all\")\r\n"),
              AllOf(HasSubstr("* LSUB () \"/\" " + work + "\r\nc OK"), HasSubstr("(/shared/comment \"ours\")"),
                    Not(HasSubstr("mine")), HasSubstr("e NO [NOPERM]"), HasSubstr("f OK")));
  EXPECT_THAT(as("ann", "b LSUB \"\" *\r\nc GETMETADATA Work (/private/comment /shared/comment)\r\n"),
              AllOf(Not(HasSubstr("LSUB (")), HasSubstr("/private/comment \"mine\" /shared/comment \"all\"")));
  as("ann", "b DELETEACL Work bob@one.test\r\n");
  EXPECT_THAT(as("bob", "b LIST (SUBSCRIBED) \"\" *\r\nc UNSUBSCRIBE " + work + "\r\nd LSUB \"\" *\r\n"),
              AllOf(HasSubstr("\\NonExistent"), HasSubstr("c OK"), Not(HasSubstr("LSUB ("))));
}

TEST_P(SharingTest, WhatTheOwnerDoesIsToldAtOnceUntilTheRightsGo) {
  give("Work", "bob@one.test", "lrsw");
  Watching watching(*backend, "bob", "b SELECT " + others + "Work\" (CONDSTORE)\r\nc IDLE\r\n", "+ Idling\r\n");
  as("ann", "b APPEND Work {3+}\r\nA:B\r\n");
  EXPECT_THAT(watching.until("* 3 EXISTS\r\n"), Not(HasSubstr("BYE")));
  as("ann", "b SELECT Work\r\nc STORE 1 +FLAGS (\\Seen)\r\n");
  EXPECT_THAT(watching.until("))\r\n"), AllOf(HasSubstr("\\Seen"), HasSubstr("MODSEQ")));
  as("ann", "b SETACL Work bob@one.test l\r\nc APPEND Work {3+}\r\nA:B\r\n");
  EXPECT_THAT(watching.until("\r\n"), HasSubstr("* BYE"));
}

// RFC 5530
TEST_P(SharingTest, AStoreSaysWhichMessagesOthersHaveExpunged) {
  Watching session(*backend, "ann", "b SELECT Work\r\n", "b OK");
  as("ann", "b SELECT Work\r\nc STORE 1 +FLAGS (\\Deleted)\r\nd EXPUNGE\r\n");
  session.say("c STORE 1:2 +FLAGS.SILENT (\\Seen)\r\n");
  EXPECT_THAT(session.until("c "), Not(HasSubstr("EXPUNGE")));
  EXPECT_THAT(session.until("\r\n"), HasSubstr("OK [EXPUNGEISSUED]"));
  session.say("d UID STORE 1:2 +FLAGS (\\Seen)\r\n");
  EXPECT_THAT(session.until("d OK"), AllOf(HasSubstr("* 1 EXPUNGE\r\n"), HasSubstr("\\Seen")));
}

TEST_P(SharingTest, NotifyTellsOfOthersMailboxesToo) {
  give("Work", "bob@one.test", "lr");
  Watching watching(*backend, "bob",
                    "b NOTIFY SET (mailboxes " + others +
                        "Work\" (MessageNew MessageExpunge)) (subtree \"Other Users\" "
                        "(MailboxName))\r\nc IDLE\r\n",
                    "+ Idling\r\n");
  as("ann", "b APPEND Work {3+}\r\nA:B\r\nc APPEND INBOX {3+}\r\nA:B\r\n");
  EXPECT_THAT(watching.until("\r\n"), HasSubstr("* STATUS " + others + "Work\" (MESSAGES 3"));
  as("ann", "b SETACL INBOX bob@one.test lr\r\n");
  EXPECT_THAT(watching.until("\r\n"), HasSubstr("* LIST () \"/\" " + others + "INBOX\""));
  as("ann", "b DELETEACL INBOX bob@one.test\r\n");
  EXPECT_THAT(watching.until("\r\n"), HasSubstr("* LIST (\\NonExistent) \"/\" " + others + "INBOX\""));
  as("ann", "b CREATE Work/below\r\n");
  EXPECT_THAT(watching.until("\r\n"), HasSubstr(others + "Work/below\""));
}

}  // namespace
}  // namespace posthouse::server
