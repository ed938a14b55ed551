// THREADID of OBJECTID (RFC 8474), against the store on each engine.
#include <gmock/gmock.h>

#include "posthouse/imap/testing/server_play.h"
#include "posthouse/server/imap/imap_testing.h"

namespace posthouse::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ThreadsTest : public ImapOnEachEngine {
 protected:
  static std::string mail(const std::string& fields) {
    const std::string text = fields + "\r\n";
    return "x APPEND INBOX {" + std::to_string(text.size()) + "+}\r\n" + text + "\r\n";
  }
  void prepare() override {
    ImapOnEachEngine::prepare();
    as("ann", mail("Message-ID: <3@a>\r\nReferences: <1@a>\r\n <2@a>\r\n") + mail("Message-ID: <other@a>\r\n") +
                  mail("Message-ID: <1@a>\r\nSubject: begins\r\n") + mail("Subject: nothing\r\n") +
                  mail("Message-ID: <4@a> (four)\r\nIn-Reply-To: <2@a>\r\n"));
  }
};

POSTHOUSE_ON_EACH_ENGINE(ThreadsTest);

TEST_P(ThreadsTest, MessagesThatNameEachOtherHaveOne) {
  const std::string first = "THREADID (T1)";
  const std::string expected = "* 1 FETCH (" + first + ")\r\n* 2 FETCH (THREADID (T2))\r\n* 3 FETCH (" + first +
                               ")\r\n* 4 FETCH (THREADID (T4))\r\n* 5 FETCH (" + first + ")\r\nc OK";
  EXPECT_THAT(as("ann", "b SELECT INBOX\r\nc FETCH 1:* THREADID\r\n"), HasSubstr(expected));
  EXPECT_THAT(as("ann", "b SELECT INBOX\r\nc FETCH 1:* THREADID\r\n"), HasSubstr(expected)) << "they stay";
}

TEST_P(ThreadsTest, AreSearchedFor) {
  EXPECT_THAT(as("ann",
                 "b SELECT INBOX\r\nc FETCH 5 (THREADID EMAILID)\r\nd SEARCH THREADID T5\r\ne SEARCH THREADID T4\r\n"
                 "f SEARCH THREADID T1\r\ng SEARCH NOT THREADID T5 EMAILID E2\r\n"),
              AllOf(HasSubstr("* 5 FETCH (THREADID (T5) EMAILID (E5))"), HasSubstr("* SEARCH 1 3 5\r\nd OK"),
                    HasSubstr("* SEARCH 4\r\ne OK"), HasSubstr("* SEARCH\r\nf OK"), HasSubstr("* SEARCH 2\r\ng OK")));
}

}  // namespace
}  // namespace posthouse::server
