// What is written is read back the same: many made-up messages, the same ones in every run.
#include <random>

#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/mime.h"

namespace posthouse::mime {
namespace {

class Writer {
 public:
  explicit Writer(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  // Words of many scripts; single blanks between them, none at the ends.
  std::string phrase(std::size_t words) {
    static const char* const pieces[] = {"Hello",  "你好",    "世界",   "😀",       "👩‍👩‍👧‍👦",
                                         "שלום",   "مرحبا",   "Grüße",  "naïve",    "Ελλάδα",
                                         "Привет", "日本語",  "한국어", "=?fake?=", "a,b",
                                         "\"q\"",  "(c)",     "<x@y>",  "\\",       "100%",
                                         "it's",   "e\u0301", "…",      "𝔘𝔫𝔦",      "--x",
                                         "=_",     ";:"};
    std::string out;
    for (std::size_t i = 0; i < words; ++i) {
      if (i != 0) {
        out += ' ';
      }
      for (std::size_t k = below(3) + 1; k > 0; --k) {
        out += pieces[below(std::size(pieces))];
      }
    }
    return out;
  }

  std::string text() {
    std::string out;
    for (std::size_t lines = below(12); lines > 0; --lines) {
      if (below(5) == 0) {
        out += "From ";
      }
      if (below(5) == 0) {
        out += '.';
      }
      if (below(20) == 0) {
        out += std::string(below(1500), 'x');
      }
      out += phrase(below(12)) + (below(4) == 0 ? " \t" : "") + "\r\n";
    }
    return out;
  }

  std::string bytes() {
    std::string out(below(3000), '\0');
    for (char& c : out) {
      c = static_cast<char>(random_());
    }
    return out;
  }

 private:
  std::mt19937 random_;
};

void check_lines(const std::string& bytes) {
  std::size_t line = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool bare = (bytes[i] == '\n' && bytes[i - 1] != '\r') || (bytes[i] == '\r' && bytes[i + 1] != '\n');
    ASSERT_FALSE(bare);
    line = bytes[i] == '\n' ? 0 : line + 1;
    ASSERT_LE(line, 999U);
    ASSERT_GE(bytes[i], 0) << "8-bit";
  }
}

TEST(RoundTrip, BuiltMessagesAreReadBack) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Writer writer(seed);
    const std::string subject = writer.phrase(writer.below(30)), name = writer.phrase(writer.below(6));
    const std::string text = writer.text(), html = writer.text(), file_name = writer.phrase(writer.below(10) + 1);
    const std::string file = writer.bytes(), picture = writer.bytes();
    MessageBuilder builder;
    builder.from(name, "ann@one.test").subject(subject).header("X-Note", subject);
    std::vector<Address> to;
    for (std::size_t i = writer.below(10); i > 0; --i) {
      to.push_back({writer.phrase(writer.below(5)), "r" + std::to_string(i) + "@x.test"});
    }
    for (const Address& address : to) {
      builder.to(address);
    }
    const bool has_html = writer.below(2) == 0, has_picture = writer.below(2) == 0, has_file = writer.below(2) == 0;
    builder.text(text);
    if (has_html) {
      builder.html(html);
    }
    if (has_picture) {
      builder.inline_bytes("p.png", picture, "pic");
    }
    if (has_file) {
      builder.attach(file_name, file, "application/x-test");
    }

    const std::string bytes = builder.build();
    check_lines(bytes);
    const Message message = Message::parse(bytes);
    EXPECT_TRUE(message.all_defects().empty());
    EXPECT_EQ(message.subject(), subject);
    EXPECT_EQ(message.header("X-Note"), subject);
    EXPECT_EQ(message.from(), (std::vector<Address>{{name, "ann@one.test"}}));
    EXPECT_EQ(message.to(), to);
    ASSERT_TRUE(message.text_part());
    EXPECT_EQ(message.text_part()->text(), text);
    EXPECT_EQ(has_html, message.html_part() && message.html_part()->text() == html);
    for (const Part part : message.walk()) {
      const bool is_file = part.is("application/x-test");
      EXPECT_TRUE(!part.is("image/png") || part.content() == picture);
      EXPECT_TRUE(!is_file || (part.content() == file && part.filename() == file_name));
    }
  }
}

TEST(RoundTrip, TextSurvivesEveryHeaderForm) {
  for (std::uint32_t seed = 1; seed <= 500; ++seed) {
    Writer writer(seed);
    const std::string text = writer.phrase(writer.below(20) + 1);
    EXPECT_EQ(decode_words(encode_words(text, writer.below(70))), text);
    EXPECT_EQ(parse_parameters("x" + encode_parameter("name", text)).get("name"), text);
  }
}

}  // namespace
}  // namespace posthouse::mime
