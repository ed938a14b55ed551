// Texts without or with a wrong label.
#include "posthouse/mime/charset/charset_guess.h"
#include "posthouse/mime/mime.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mime {
namespace {

TEST(CorpusCharsets, AreDetected) {
  POSTHOUSE_NEEDS_CORPUS("mailcore2");
  const auto files = files_in("mailcore2/charset-detection/input");
  EXPECT_FALSE(files.empty());
  for (const auto& path : files) {
    std::string expected = path.stem().string();  // "shift_jis.txt"
    const CharsetGuess guess = guess_charset(read_file(path));
    EXPECT_EQ(guess.charset, expected);
    EXPECT_GE(guess.confidence, 50);
  }
}

std::string letters(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > 127) {
      out += c;
    }
  }
  return out;
}

// The summaries of MailCore 2 begin with the text; its characters outside ASCII must be ours, if the charset is.
TEST(CorpusCharsets, TextsReadAsOthersReadThem) {
  POSTHOUSE_NEEDS_CORPUS("mailcore2");
  for (const char* name : {"1015-windows-1252", "1460-no-charset", "2458-encoding", "4850-russian", "4851-chinese",
                           "6144-russian", "989-encoding-6", "989-encoding-7"}) {
    const Message message =
        Message::parse(read_file(corpus() / "mailcore2" / "summary" / "input" / (std::string(name) + ".eml")));
    const std::string summary = read_file(corpus() / "mailcore2" / "summary" / "output" / (std::string(name) + ".txt"));
    const std::size_t body = summary.find("\n\n");
    ASSERT_NE(body, std::string::npos) << name;
    const std::optional<Part> part = message.text_part() ? message.text_part() : message.html_part();
    ASSERT_TRUE(part) << name;
    constexpr std::size_t compared = 150;  // octets: 50 Chinese characters
    EXPECT_EQ(letters(readable_text(*part)).substr(0, compared), letters(summary.substr(body)).substr(0, compared))
        << name;
  }
}

}  // namespace
}  // namespace posthouse::mime
