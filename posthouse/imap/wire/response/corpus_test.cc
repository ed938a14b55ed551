// Answers of other people's servers, from the corpus beside this repository.
#include "posthouse/mime/testing/corpus/corpus.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/response/testing.h"

namespace posthouse::imap {
namespace {

using mime::corpus;
using mime::files_in;
using mime::read_file;

std::string with_crlf_ends(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.ends_with('\r')) {
      out += '\r';
    }
    out += c;
  }
  return out;
}

bool is_unknown(const Response& response) {
  return std::holds_alternative<response::Unknown>(response.data);
}

// A double-quoted scalar of YAML at text[at], which is its quote: folded lines and the escapes that the corpus has.
std::string yaml_string(std::string_view text, std::size_t at) {
  std::string out;
  for (std::size_t i = at + 1; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\n') {
      while (!out.empty() && out.back() == ' ') {
        out.pop_back();
      }
      out += ' ';
      i = text.find_first_not_of(" \n", i) - 1;
    } else if (text[i] != '\\') {
      out += text[i];
    } else if (text[++i] == '\n') {
      i = text.find_first_not_of(' ', i + 1) - 1;
    } else if (text[i] == 'r' || text[i] == 'n' || text[i] == 't' || text[i] == '0') {
      out += text[i] == 'r' ? '\r' : text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : '\0';
    } else if (text[i] == 'x') {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct Recorded {
  std::string response{};
  std::string expected{};  // the YAML behind it
};

std::vector<Recorded> recorded_responses() {
  std::vector<Recorded> out;
  constexpr std::string_view key = "    :response:";
  for (const auto& file : files_in("net-imap-responses", ".yml")) {
    const std::string text = read_file(file);
    for (std::size_t at = text.find(key); at != std::string::npos;) {
      const std::size_t next = text.find(key, at + 1);
      const std::string_view test = std::string_view(text).substr(at, next - at);
      const std::size_t quote = test.find('"');
      const std::size_t expected = test.find(":expected:");
      if (quote != std::string_view::npos && quote < expected) {
        out.push_back({yaml_string(test, quote), std::string(test.substr(std::min(expected, test.size())))});
      }
      at = next;
    }
  }
  return out;
}

TEST(ResponseCorpus, NetImap) {
  POSTHOUSE_NEEDS_CORPUS("net-imap-responses");
  std::size_t count = 0;
  std::set<std::string> unknown;
  for (const Recorded& recorded : recorded_responses()) {
    const ResponsePlay play = play_responses(recorded.response);
    ++count;
    if (recorded.response.find("{99999999999999999999}") != std::string::npos) {
      EXPECT_TRUE(play.failed);
      continue;
    }
    ASSERT_EQ(play.responses.size(), 1U) << recorded.response;
    const Response& response = play.responses[0];
    if (is_unknown(response)) {
      unknown.insert(std::get<response::Unknown>(response.data).text.substr(0, 40));
      continue;
    }
    const std::size_t at = recorded.expected.find("seqno: ");
    const auto* fetch = std::get_if<response::Fetch>(&response.data);
    if (fetch != nullptr && at != std::string::npos) {
      EXPECT_EQ(std::to_string(fetch->number),
                recorded.expected.substr(at + 7, recorded.expected.find('\n', at) - at - 7));
    }
    if (response.kind != ResponseKind::continuation) {
      const std::string text = written(response);
      const ResponsePlay again = play_responses(text);
      ASSERT_EQ(again.responses.size(), 1U) << text;
      EXPECT_EQ(written(again.responses[0]), text);
    }
  }
  std::printf("%zu responses\n", count);
  EXPECT_GT(count, 150U);
  // What is no IMAP.
  EXPECT_THAT(unknown, testing::UnorderedElementsAre("86 NOOP froopy snood", "99 NOOP", "NOOP", "NOOP froopy snood"));
}

TEST(ResponseCorpus, MailKit) {
  POSTHOUSE_NEEDS_CORPUS("mailkit/imap");
  std::size_t count = 0;
  for (const auto& file : files_in("mailkit/imap", ".txt")) {
    const std::string text = with_crlf_ends(read_file(file));
    for (const bool stream : {false, true}) {
      const ResponsePlay play = play_responses(text, stream);
      EXPECT_FALSE(play.failed) << file;
      EXPECT_FALSE(play.responses.empty()) << file;
      for (const Response& response : play.responses) {
        EXPECT_FALSE(is_unknown(response)) << file << '\n'
                                           << std::get<response::Unknown>(response.data).text.substr(0, 200);
      }
      count += play.responses.size();
    }
  }
  std::printf("%zu responses\n", count);
}

TEST(ResponseCorpus, Libetpan) {
  POSTHOUSE_NEEDS_CORPUS("libetpan-imap");
  for (const auto& file : files_in("libetpan-imap", ".imap")) {
    const ResponsePlay play = play_responses(with_crlf_ends(read_file(file)));
    const std::string name = file.stem().string();
    if (name == "fetch-literal-overflow") {
      EXPECT_TRUE(play.failed) << file;
      continue;
    }
    EXPECT_FALSE(play.failed) << file;
    EXPECT_FALSE(play.responses.empty()) << file;
    for (const Response& response : play.responses) {
      EXPECT_FALSE(is_unknown(response)) << file;
    }
  }
}

// The answers that ImapTest's scripts expect, as far as they are written out.
TEST(ResponseCorpus, ImapTest) {
  POSTHOUSE_NEEDS_CORPUS("imaptest/scripted");
  std::size_t count = 0;
  for (const auto& file : files_in("imaptest/scripted")) {
    const std::string text = read_file(file);
    for (std::string_view line : split(text, '\n')) {
      if (!line.starts_with("* ") || file.extension() == ".mbox" || line.find('$') != std::string_view::npos ||
          line.find("{{{") != std::string_view::npos) {
        continue;
      }
      ++count;
      EXPECT_FALSE(is_unknown(read_response(line))) << file << '\n' << line;
    }
  }
  std::printf("%zu responses\n", count);
}

}  // namespace
}  // namespace posthouse::imap
