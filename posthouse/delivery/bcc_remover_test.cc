#include "posthouse/delivery/bcc_remover.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::delivery {
namespace {

std::string without_bcc(std::string_view message, std::size_t step) {
  std::string out;
  const auto sink = [&out](std::string_view piece) { out += piece; };
  BccRemover remover;
  for (; !message.empty(); message.remove_prefix(std::min(step, message.size()))) {
    const std::string chunk(message.substr(0, step));  // of its own, so that a view kept too long shows
    remover.add(chunk, sink);
  }
  remover.finish(sink);
  return out;
}

void expect_at_every_cut(const std::string& message, const std::string& expected) {
  for (std::size_t step = 1; step <= message.size(); ++step) {
    ASSERT_EQ(without_bcc(message, step), expected) << "in steps of " << step;
  }
}

TEST(BccRemover, TakesOutWhatIsHiddenAndNothingElse) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"Bcc: a@one.test\r\n\r\nx\r\n", "\r\nx\r\n"},
      {"To: b\r\nBcc: a@one.test\r\nSubject: x\r\n\r\nx\r\n", "To: b\r\nSubject: x\r\n\r\nx\r\n"},
      {"bCC : a@one.test,\r\n b@one.test,\r\n\tc@one.test\r\nTo: d\r\n e\r\n\r\n", "To: d\r\n e\r\n\r\n"},
      {"Resent-Bcc:a\r\nRESENT-BCC\t \t: b\r\nResent-To: c\r\n\r\n", "Resent-To: c\r\n\r\n"},
      {"Bcc:\r\nBcc: \r\n \r\nX: y\r\n\r\n", "X: y\r\n\r\n"},
      {"\xEF\xBB\xBF"
       "Bcc: a\r\nTo: b\r\n\r\n",
       "\xEF\xBB\xBFTo: b\r\n\r\n"},
      {"Bcc: a\nTo: b\nBcc: c\n d\n\nBcc: e\n", "To: b\n\nBcc: e\n"},
      {"To: b\r\nBcc: the end\r\n", "To: b\r\n"},
      {"To: b\r\nBcc: no line end", "To: b\r\n"},
  };
  for (const auto& [message, expected] : cases) {
    expect_at_every_cut(message, expected);
  }
}

TEST(BccRemover, LeavesAllElseAsItIs) {
  for (const std::string message :
       {"To: b\r\n\r\nBcc: a\r\n", "Subject: x\r\n Bcc: a\r\n\r\n", "X-Bcc: a\r\nBccx: b\r\nBc: c\r\nBcc-To: d\r\n\r\n",
        "Resent-Bc: a\r\nResent-BccX: b\r\nResent: c\r\n\r\n", "\r\nBcc: a\r\n", "\nBcc: a\r\n", "Bcc\r\nX: y\r\n\r\n",
        "Bcc \r\n: a\r\n\r\n", "Bcc x: a\r\n\r\n", "B", "Bcc",
        "To: b\r\n\xEF\xBB\xBF"
        "Bcc: not the first\r\n\r\n",
        "\xEF\xBB", "\xEF\xBB\xBF\r\nBcc: a\r\n", "From me Mon\r\nTo: b\r\n\r\n"}) {
    expect_at_every_cut(message, message);
  }
}

TEST(BccRemover, HoldsLittleOfAHostileLine) {
  // Blanks without end before a colon: what nobody sends is not held, and not shown either.
  const std::string blanks(100'000, ' ');
  EXPECT_EQ(without_bcc("To: a\r\nBcc" + blanks + ": b\r\n c\r\nX: y\r\n\r\n", 4096), "To: a\r\nX: y\r\n\r\n");
  const std::string folded = "Bcc: a,\r\n" + std::string(50'000, ' ') + "b\r\n";
  EXPECT_EQ(without_bcc(folded + folded + "To: c\r\n\r\n", 1000), "To: c\r\n\r\n");
}

}  // namespace
}  // namespace posthouse::delivery
