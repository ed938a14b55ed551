#include "posthouse/server/log/letter_trace.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::server {
namespace {

using Texts = std::vector<std::string>;

const Texts log_of_a_day = {
    "authentication peer=192.0.2.1:25 id=a1 from=x@far.test spf=pass",
    "accepted peer=192.0.2.1:25 id=a1 message=7 message_id=<m7@far.test> from=x@far.test to=list@one.test mailboxes=0 "
    "queued=1",
    "accepted peer=192.0.2.1:25 id=a2 message=8 message_id=<m8@far.test> from=x@far.test to=bob@one.test mailboxes=1 "
    "queued=0",
    "deferred recipient_id=1 message=7 from=x@far.test to=hong@two.test reply=\"451 later\"",
    "refused recipient peer=192.0.2.9:25 from=y@far.test to=hong@two.test reply=\"550 no\"",
    "relayed recipient_id=1 message=7 from=x@far.test to=Hong@TWO.test reply=\"250 ok\"",
    "stopping",
};

struct Answer {
  std::vector<Texts> letters{};
  Texts aside{};
  bool operator==(const Answer&) const = default;
};

Answer ask(const std::string& question, const Texts& log = log_of_a_day) {
  LetterTrace trace(question);
  for (int pass = 0; pass < LetterTrace::passes; ++pass) {
    for (const std::string& text : log) {
      trace.look(parse_log_line(text));
    }
  }
  Answer answer{.letters = std::vector<Texts>(trace.letters())};
  for (const std::string& text : log) {
    const LogLine line = parse_log_line(text);
    if (const auto letter = trace.letter_of(line)) {
      answer.letters[*letter].push_back(text);
    } else if (trace.aside(line)) {
      answer.aside.push_back(text);
    }
  }
  return answer;
}

const Texts letter_7 = {log_of_a_day[0], log_of_a_day[1], log_of_a_day[3], log_of_a_day[5]};

TEST(LetterTrace, FollowsALetterFromItsArrivalToTheNextHost) {
  for (const std::string question : {"a1", "7", "m7@far.test", "<m7@far.test>", "list@one.test"}) {
    EXPECT_EQ(ask(question), (Answer{{letter_7}, {}})) << question;
  }
}

TEST(LetterTrace, FindsByWhatOnlyALaterLineNames) {
  EXPECT_EQ(ask("hong@two.test"), (Answer{{letter_7}, {log_of_a_day[4]}}));
  EXPECT_EQ(ask("HONG@two.TEST"), ask("hong@two.test"));
}

TEST(LetterTrace, TellsLettersApart) {
  EXPECT_EQ(ask("x@far.test"), (Answer{{letter_7, {log_of_a_day[2]}}, {}}));
}

TEST(LetterTrace, BothSpellingsOfADomainAreOne) {
  const Texts log = {"accepted id=a message=1 to=hong@xn--bcher-kva.test"};
  EXPECT_EQ(ask("hong@b\u00FCcher.test", log), (Answer{{log}, {}}));
}

TEST(LetterTrace, NothingIsFoundByNothing) {
  EXPECT_EQ(ask(""), Answer{});
  EXPECT_EQ(ask("nobody@one.test"), Answer{});
  EXPECT_EQ(ask("one.test"), Answer{});
}

}  // namespace
}  // namespace posthouse::server
