#include "posthouse/imap/search/base_subject.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

void expect(std::string_view subject, std::string_view text, bool reply_or_forward) {
  const BaseSubject base = base_subject(subject);
  EXPECT_EQ(base.text, text) << subject;
  EXPECT_EQ(base.reply_or_forward, reply_or_forward) << subject;
}

TEST(BaseSubject, LosesWhatAnsweringPutAround) {
  expect("Lunch?", "Lunch?", false);
  expect("Re: Lunch?", "Lunch?", true);
  expect("RE : fw:  FWD: Lunch? (Fwd)  (fwd) ", "Lunch?", true);
  expect("re[2]: Lunch?", "Lunch?", true);
  expect("[list] Re: [list] Lunch?", "Lunch?", true);
  expect("[a] [b]Lunch?", "Lunch?", false);
  expect("[Fwd: Lunch?]", "Lunch?", true);
  expect("[fwd: [x] Re: [fwd: Lunch? (fwd)]]", "Lunch?", true);
  expect("Re: [Fwd: 驿站 ]", "驿站", true);
}

TEST(BaseSubject, KeepsWhatIsNone) {
  expect("", "", false);
  expect(" \t\r\n ", "", false);
  expect("Re:", "", true);
  expect("[a]", "[a]", false);
  expect("[a][b] ", "[b]", false);
  expect("Re: [a]", "[a]", true);
  expect("Report", "Report", false);
  expect("re Lunch", "re Lunch", false);
  expect("AW: Lunch", "AW: Lunch", false);
  expect("[a[b] Re: x", "[a[b] Re: x", false);
  expect("[fwd: x] y", "y", false);
  expect("many \t\r\n blanks", "many blanks", false);
}

TEST(BaseSubject, IsMadeInLinearTime) {
  std::string blobs, forwards, replies;
  for (int i = 0; i < 200'000; ++i) {
    blobs += "[a]";
    forwards += "[fwd:";
    replies += "re[x]:";
  }
  expect(blobs + "x", "x", false);
  expect(forwards + std::string(200'000, ']'), "", true);
  expect(replies + "x", "x", true);
  expect(blobs + "re:" + blobs, "[a]", true);
}

}  // namespace
}  // namespace posthouse::imap
