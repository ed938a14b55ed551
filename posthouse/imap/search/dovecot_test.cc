// SEARCH, SORT and THREAD against Dovecot: the same messages, the same commands, the same answers.
#include "posthouse/imap/testing/dovecot.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/imap/search/search.h"
#include "posthouse/imap/search/sort.h"
#include "posthouse/imap/search/thread.h"
#include "posthouse/imap/testing/search_text.h"
#include "posthouse/imap/testing/searched_box.h"
#include "posthouse/imap/wire/response/response_writer.h"
#include "posthouse/imap/wire/text/date.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::imap {
namespace {

using std::chrono::seconds;

class SearchLikeDovecot : public DovecotTest {
 protected:
  void SetUp() override {
    DovecotTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    stream_ = net::connect(net::Address("127.0.0.1", server->port()), seconds(30));
    stream_.read_line();
    ask("LOGIN user" + std::to_string(++users) + " secret");
    ask("SELECT INBOX");
  }
  /// The last untagged line that begins with `word`, without "* ".
  std::string ask(const std::string& command, std::string_view word = "\r") {
    stream_.write("a " + command + "\r\n", net::Deadline::after(seconds(30)));
    std::string found;
    for (;;) {
      const auto line = stream_.read_line(1'000'000, net::Deadline::after(seconds(30)));
      if (!line) {
        ADD_FAILURE() << "the connection is gone";
        return {};
      }
      if (line->starts_with("a ")) {
        EXPECT_TRUE(line->starts_with("a OK")) << command << "\n" << *line;
        return found;
      }
      if (istarts_with(line->substr(std::min<std::size_t>(2, line->size())), word)) {
        found = trim(line->substr(2));
      }
    }
  }

  void add(const std::string& text, seconds received) {
    const std::string message = with_crlf(text);
    const mime::Date date{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + received, {}, true};
    ask("APPEND INBOX \"" + format_date_time(date) + "\" {" + std::to_string(message.size()) + "+}\r\n" + message);
    box_.append(message, {.date = date});
    messages_ += "--- " + std::to_string(++count_) + "\n" + text;
  }

  static std::string written(const response::Data& data) {
    std::string line;
    ResponseWriter(line).untagged(data);
    return std::string(trim(line.substr(2)));
  }

  void expect_same(const std::string& line) {
    const Command command = read_command(line);
    const auto mailbox = box_.open();
    std::string mine;
    if (const auto* thread = std::get_if<command::Thread>(&command.arguments)) {
      mine = written(
          imap::thread(*mailbox, NumberSet::all(), thread_algorithm(thread->algorithm).value(), Numbering::sequence)
              .thread);
    } else if (const auto* sort = std::get_if<command::Sort>(&command.arguments)) {
      mine = written(response::Search{
          .sort = true,
          .numbers = imap::sort(*mailbox, NumberSet::all(), sort->criteria, Numbering::sequence).numbers});
    } else {
      const auto& search = std::get<command::Search>(command.arguments);
      const NumberSet found = mailbox->numbers_of(imap::search(*mailbox, search.keys, search.charset).uids);
      mine = written(response::Search{.numbers = {found.begin(), found.end()}});
    }
    EXPECT_EQ(mine, ask(line, mine.substr(0, mine.find(' ')))) << line << "\n" << messages_;
  }

  std::uint32_t any(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  static int users;
  std::mt19937 random_{5};
  net::Stream stream_{};
  SearchedBox box_{};
  std::string messages_{};
  std::size_t count_ = 0;
};

int SearchLikeDovecot::users = 0;

TEST_F(SearchLikeDovecot, Threads) {
  constexpr const char* subjects[] = {"lunch", "Re: lunch", "dinner", "Fwd: dinner (fwd)", "[list] tea", "RE: TEA", ""};
  for (int round = 0; round < 16; ++round) {
    const bool ties = round % 2 == 0;
    if (round != 0) {
      ask("STORE 1:* +FLAGS.SILENT (\\Deleted)");
    }
    ask("EXPUNGE");
    box_.remove(NumberSet::all());
    messages_.clear();
    count_ = 0;
    for (std::uint32_t i = 0; i < 25; ++i) {
      std::string text;
      const auto id = [&] { return '<' + std::to_string(any(30)) + "@x>"; };
      if (any(10) != 0) {
        text += "Message-ID: <" + std::to_string(any(12) == 0 ? any(25) : i) + "@x>\n";
      }
      if (any(3) != 0) {
        text += "References:";
        for (std::uint32_t n = any(4); n != 0; --n) {
          text += ' ' + id();
        }
        text += '\n';
      }
      if (any(4) == 0) {
        text += "In-Reply-To: " + id() + '\n';
      }
      text += std::string("Subject: ") + subjects[any(7)] + '\n';
      const seconds sent(ties ? any(40) : any(40) * 25 + i);
      text += "Date: " + mime::format_date(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + sent) + '\n';
      add(text + "\nbody\n", seconds(any(40)));
    }
    expect_same("THREAD REFERENCES UTF-8 ALL");
    if (!ties) {  // Dovecot has no rule for threads that are as new as each other
      expect_same("THREAD REFS UTF-8 ALL");
    }
    expect_same("THREAD ORDEREDSUBJECT UTF-8 ALL");
  }
}

TEST_F(SearchLikeDovecot, Sorts) {
  constexpr const char* addresses[] = {"ann@one.test",
                                       "Zoe <zoe@one.test>",
                                       "\"Smith, Cid\" <cid@two.test>, ann@one.test",
                                       "=?utf-8?Q?=C3=89mile?= <emile@two.test>",
                                       "=?utf-8?B?5byg5LiJ?= <zhang@three.test>",
                                       "Team: bob@two.test, ann@one.test;",
                                       "nobody:;",
                                       "BOB@two.test (Robert)",
                                       "<dan@four.test>"};
  constexpr const char* subjects[] = {"b",
                                      "Re: B",
                                      "a (fwd)",
                                      "[x] Fwd: a",
                                      "=?utf-8?Q?=C3=A9?=",
                                      "=?utf-8?Q?=C3=89a?=",
                                      "E",
                                      "=?utf-8?B?6am/56uZ?=",
                                      "",
                                      "  two   blanks",
                                      "two blanks"};
  for (std::uint32_t i = 0; i < 40; ++i) {
    std::string text;
    for (const char* const field : {"From", "To", "Cc"}) {
      if (any(6) != 0) {
        text += std::string(field) + ": " + addresses[any(9)] + '\n';
      }
    }
    if (any(6) != 0) {
      text += std::string("Subject: ") + subjects[any(11)] + '\n';
    }
    if (any(4) != 0) {
      text += "Date: " + std::to_string(1 + any(3)) + " Jan 2026 " + std::to_string(any(24)) + ":00:00 " +
              (any(2) == 0 ? "+0530" : "-0800") + '\n';
    }
    add(text + '\n' + std::string(any(10), 'x') + '\n', seconds(any(200'000)));
  }
  for (const char* const criteria :
       {"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO", "REVERSE SUBJECT",
        "REVERSE DATE SUBJECT", "SUBJECT REVERSE DATE", "SIZE REVERSE FROM TO"}) {
    expect_same(std::string("SORT (") + criteria + ") UTF-8 ALL");
  }
}

TEST_F(SearchLikeDovecot, Searches) {
  add("From: =?utf-8?B?5byg5LiJ?= <ann@one.test>\nTo: Team: bob@two.test, \"Smith, Cid\" <cid@three.test>;\n"
      "Cc: dan@four.test (Dan)\nSubject: =?gb2312?B?5uTVvg==?= and\n\tmore\nMessage-ID: <1@one.test>\n"
      "X-Empty:\nX-A: one\nX-A: two\nDate: 28 Feb 2026 23:30:00 -0800\n\nthe body\n",
      seconds(86'399));
  add("From: eve@five.test\nSubject: other\nContent-Type: multipart/mixed; boundary=b\n\n"
      "--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ncaf=E9\n"
      "--b\nX-Part: 1\nContent-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n8NLJ18XU\n"
      "--b\nContent-Type: image/png\n\npixels\n"
      "--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nwithin\n--b--\n",
      seconds(86'400));
  add("Date: 1 Mar 2026 00:30:00 +0900\nSubject: Other\nBcc: ann@one.test\n\nANN\n", seconds(200'000));
  for (const char* const keys : {"FROM \"张三\"",
                                 "FROM ann@one",
                                 "TO bob",
                                 "TO smith",
                                 "CC dan@four",
                                 "BCC ann",
                                 "SUBJECT \"驿站 and\"",
                                 "SUBJECT OTHER",
                                 "SUBJECT nothing",
                                 "HEADER X-Empty \"\"",
                                 "HEADER X-A two",
                                 "HEADER X-A \"\"",
                                 "NOT HEADER X-A x",
                                 "HEADER Message-ID <1@one.test>",
                                 "BODY body",
                                 "BODY \"CAFÉ\"",
                                 "BODY \"привет\"",
                                 "BODY pixels",
                                 "BODY within",

                                 "BODY ann",
                                 "TEXT ann",
                                 "TEXT \"x-part: 1\"",
                                 "TEXT inner",
                                 "SENTON 28-Feb-2026",
                                 "SENTON 2-Jan-2026",

                                 "SENTSINCE 1-Mar-2026",
                                 "ON 1-Jan-2026",
                                 "SINCE 2-Jan-2026",
                                 "BEFORE 3-Jan-2026",
                                 "LARGER 200",
                                 "SMALLER 200",
                                 "OR BODY within NOT TEXT ann",
                                 "2:* SUBJECT other"}) {
    expect_same(std::string("SEARCH CHARSET UTF-8 ") + keys);
  }
}

}  // namespace
}  // namespace posthouse::imap
