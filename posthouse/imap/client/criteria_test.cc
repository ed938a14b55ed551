#include "posthouse/imap/client/criteria.h"

#include <gtest/gtest.h>

#include "posthouse/imap/wire/command/command_text.h"

namespace posthouse::imap {
namespace {

std::string written(const Criteria& criteria) {
  Command command{.tag = "A", .uid = true, .arguments = command::Search{.keys = criteria.keys}};
  std::string text = write_command(command).octets;
  return text.substr(13, text.size() - 15);  // without "A UID SEARCH " and CRLF
}

TEST(ImapCriteria, ReadAsTheyAreWritten) {
  using namespace std::chrono_literals;
  EXPECT_EQ(written(unseen() && from("ann")), "UNSEEN FROM ann");
  EXPECT_EQ(written(seen() || flagged()), "OR SEEN FLAGGED");
  EXPECT_EQ(written(!deleted()), "NOT DELETED");
  EXPECT_EQ(written(unseen() && (from("ann b") || subject("rain")) && !flagged()),
            "UNSEEN OR FROM \"ann b\" SUBJECT rain NOT FLAGGED");
  EXPECT_EQ(written((seen() && draft()) || !(answered() && to("x") && cc("y"))),
            "OR (SEEN DRAFT) NOT (ANSWERED TO x CC y)");
  EXPECT_EQ(written((seen() || draft()) || answered()), "OR OR SEEN DRAFT ANSWERED");
  EXPECT_EQ(written(!!seen()), "NOT NOT SEEN");
  EXPECT_EQ(written(has_flag("$Junk") && lacks_flag("x")), "KEYWORD $Junk UNKEYWORD x");
  EXPECT_EQ(written(since(2026y / 2 / 1) && before(2026y / 3 / 1) && on(2026y / 2 / 2)),
            "SINCE 1-Feb-2026 BEFORE 1-Mar-2026 ON 2-Feb-2026");
  EXPECT_EQ(written(sent_since(2026y / 2 / 1) && sent_before(2026y / 3 / 1) && sent_on(2026y / 2 / 2)),
            "SENTSINCE 1-Feb-2026 SENTBEFORE 1-Mar-2026 SENTON 2-Feb-2026");
  EXPECT_EQ(written(larger(10) && smaller(20) && older(60s) && younger(2h)),
            "LARGER 10 SMALLER 20 OLDER 60 YOUNGER 7200");
  EXPECT_EQ(written(younger(0s)), "YOUNGER 1");
  EXPECT_EQ(written(header("List-Id", "") && bcc("b") && body("c") && anywhere("d")),
            "HEADER List-Id \"\" BCC b BODY c TEXT d");
  EXPECT_EQ(written(uids(*NumberSet::parse("3:5,9")) && changed_from(77)), "UID 3:5,9 MODSEQ 77");
  EXPECT_EQ(written(uids({})), "NOT ALL");
  EXPECT_EQ(written(everything()), "ALL");
}

// What one writes by hand, a program may write a thousand times: nothing recurses.
TEST(ImapCriteria, GrowAsLargeAsOneLikes) {
  Criteria many = subject("0");
  for (int i = 1; i < 300; ++i) {
    many = !(many || subject(std::to_string(i)));
  }
  EXPECT_EQ(many.keys.front().size, many.keys.size());
  EXPECT_EQ(many.keys.size(), 1U + 3U * 299U);
  EXPECT_GT(written(many).size(), 300U);
}

}  // namespace
}  // namespace posthouse::imap
