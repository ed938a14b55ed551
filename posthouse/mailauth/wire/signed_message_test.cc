#include "posthouse/mailauth/wire/signed_message.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/digest.h"
#include "posthouse/base/error.h"
#include "posthouse/mailauth/testing/messages.h"

namespace posthouse::mailauth {
namespace {

// RFC 6376 section 3.4.3 and 3.4.4, line by line: what the hashing in one pass is held against.
std::string canonical_body(std::string_view body, Canonicalization form) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\r' && i + 1 < body.size() && body[i + 1] == '\n') {
      continue;
    }
    body[i] == '\n' ? lines.emplace_back() : lines.back() += body[i];
  }
  if (form == Canonicalization::relaxed) {
    for (std::string& line : lines) {
      std::string out;
      for (const char c : line) {
        const bool blank = c == ' ' || c == '\t';
        if (!blank || out.empty() || out.back() != ' ') {
          out += blank ? ' ' : c;
        }
      }
      if (!out.empty() && out.back() == ' ') {
        out.pop_back();
      }
      line = out;
    }
  }
  while (!lines.empty() && lines.back().empty()) {
    lines.pop_back();
  }
  std::string out;
  for (const std::string& line : lines) {
    out += line + "\r\n";
  }
  return out.empty() && form == Canonicalization::simple ? "\r\n" : out;
}

struct Hashes {
  std::string all;
  std::string beginning;
  std::uint64_t size;
};

Hashes hashes_of(std::string_view body, Canonicalization form, std::uint64_t length, std::size_t piece) {
  SignedMessage message;
  message.want_body_hash(form);
  message.want_body_hash(form, length);
  feed(message, "From: a@b.test\r\n\r\n" + std::string(body), piece);
  message.finish();
  return {message.body_hash(form), message.body_hash(form, length), message.body_size(form)};
}

constexpr Canonicalization both[] = {Canonicalization::simple, Canonicalization::relaxed};

TEST(BodyHash, IsThatOfTheCanonicalForm) {
  for (const char* body : {"",
                           "\r\n",
                           "\r\n\r\n",
                           " \r\n",
                           " \t ",
                           "a",
                           "a\r\n",
                           "a \r\n",
                           "a\r\n\r\n\r\n",
                           "a\r\n \t\r\n",
                           "\r\n\r\na",
                           " a  b\t\tc \r\n d\r\n",
                           "a\nb\n\n\n",
                           "a\rb\r\n",
                           "a \rb \r\n\r",
                           "\r",
                           "\r\r\n",
                           "a\r\r\n",
                           " \ra\n\r\n \n\r",
                           "a\tb",
                           "\tb\r\n",
                           "a \r\n\r\n b\r\n"}) {
    for (const Canonicalization form : both) {
      for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
        SCOPED_TRACE(::testing::PrintToString(body) + std::string(to_string(form)) + std::to_string(piece));
        const std::string expected = canonical_body(body, form);
        const Hashes hashes = hashes_of(body, form, 1, piece);
        EXPECT_EQ(hashes.all, sha256(expected)) << ::testing::PrintToString(expected);
        EXPECT_EQ(hashes.size, expected.size());
        EXPECT_EQ(hashes.beginning, expected.empty() ? "" : sha256(expected.substr(0, 1)));
      }
    }
  }
}

TEST(BodyHash, IsThatOfTheCanonicalFormHoweverTheBodyIsCut) {
  std::mt19937 chance(20261130);
  constexpr std::string_view letters = "ab  \t\r\r\n\n\r\n\x01!";
  for (int round = 0; round < 3'000; ++round) {
    std::string body;
    for (std::size_t size = chance() % (round % 10 == 0 ? 5'000 : 60); body.size() < size;) {
      const auto at = chance() % (letters.size() + 4);
      body += at < letters.size() ? std::string(1, letters[at])
              : at % 2 == 0       ? "\r\n"
                                  : std::string(chance() % 300, 'x');
    }
    const Canonicalization form = both[chance() % 2];
    const std::string expected = canonical_body(body, form);
    const std::size_t length = expected.empty() ? 0 : chance() % (expected.size() + 1);
    const Hashes hashes = hashes_of(body, form, length, 1 + chance() % (round % 2 == 0 ? 40 : 4'000));
    ASSERT_EQ(hashes.all, sha256(expected)) << ::testing::PrintToString(body);
    ASSERT_EQ(hashes.beginning, sha256(expected.substr(0, length))) << ::testing::PrintToString(body);
  }
}

TEST(BodyHash, TellsWhenThereIsLessThanWasSigned) {
  EXPECT_EQ(hashes_of("abc\r\n", Canonicalization::simple, 6, 10).beginning, "");
  EXPECT_EQ(hashes_of("abc\r\n", Canonicalization::simple, 5, 10).beginning, sha256("abc\r\n"));
  EXPECT_EQ(hashes_of("abc\r\n", Canonicalization::simple, 0, 10).beginning, sha256(""));
}

std::string canonical(std::string_view field, Canonicalization form) {
  std::string out;
  append_canonical_field(out, field, form);
  return out;
}

// RFC 6376 section 3.4.5.
TEST(CanonicalField, IsAsTheRfcPrintsIt) {
  EXPECT_EQ(canonical("A: X\r\n", Canonicalization::relaxed), "a:X\r\n");
  EXPECT_EQ(canonical("B : Y\t\r\n\tZ  \r\n", Canonicalization::relaxed), "b:Y Z\r\n");
  EXPECT_EQ(canonical("B : Y\t\r\n\tZ  \r\n", Canonicalization::simple), "B : Y\t\r\n\tZ  \r\n");
}

TEST(CanonicalField, OfOddFields) {
  EXPECT_EQ(canonical("A:\r\n", Canonicalization::relaxed), "a:\r\n");
  EXPECT_EQ(canonical("A: \r\n \r\n\t\r\n", Canonicalization::relaxed), "a:\r\n");
  EXPECT_EQ(canonical("A:\r\n\tx\r\n", Canonicalization::relaxed), "a:x\r\n");
  EXPECT_EQ(canonical("A: x", Canonicalization::relaxed), "a:x\r\n");
  EXPECT_EQ(canonical("A: x", Canonicalization::simple), "A: x\r\n");
  EXPECT_EQ(canonical("A: x\ry:z\r\n", Canonicalization::relaxed), "a:x\ry:z\r\n");
}

TEST(SignedMessage, HasItsFieldsInOrder) {
  for (const std::size_t piece : {1U, 7U, 1000U}) {
    SignedMessage message;
    feed(message, "A: 1\r\nb: 2\n 3\r\nA : 4\n\nA: 5\r\n", piece);
    message.finish();
    ASSERT_EQ(message.fields().size(), 3U);
    EXPECT_EQ(message.fields()[1], "b: 2\r\n 3\r\n");
    EXPECT_THAT(message.fields_called("a"), ::testing::ElementsAre(0U, 2U));
    EXPECT_TRUE(message.fields_called("A").empty());
  }
}

TEST(SignedMessage, AHeaderEndsWhereTheHouseReadsItsEnd) {
  for (const char* text :
       {"From me Mon Nov 30\r\nA: 1\r\n\r\nbody", "A: 1\r\nno field\r\nB: 2\r\n\r\n", "A: 1", "A: 1\r\n\r\r\n"}) {
    SignedMessage message;
    message.add(text);
    message.finish();
    EXPECT_EQ(message.fields().size(), 1U) << text;
  }
  SignedMessage message;
  message.want_body_hash(Canonicalization::simple);
  message.add("A: 1\r\nno field\r\nB: 2\r\n\r\nrest");
  message.finish();
  EXPECT_EQ(message.body_hash(Canonicalization::simple), sha256("no field\r\nB: 2\r\n\r\nrest\r\n"));
}

TEST(SignedMessage, HasABound) {
  const std::string field = "A: " + std::string(990, 'x') + "\r\n";
  SignedMessage message;
  for (int i = 0; i < 2'000; ++i) {
    message.add(field);
  }
  message.finish();
  EXPECT_TRUE(message.header_too_large());
  EXPECT_TRUE(message.fields().empty());

  SignedMessage many;
  for (int i = 0; i < 10'001; ++i) {
    many.add("A: 1\r\n");
  }
  many.finish();
  EXPECT_TRUE(many.header_too_large());
}

// A body without a header: what was kept of it was body all along.
TEST(SignedMessage, WithoutAHeaderIsAllBody) {
  SignedMessage message;
  message.want_body_hash(Canonicalization::simple);
  Sha256 expected;
  const std::string line(1'000, 'x');
  for (int i = 0; i < 2'000; ++i) {
    message.add(line + "\r\n");
    expected.update(line + "\r\n");
  }
  message.finish();
  EXPECT_FALSE(message.header_too_large());
  EXPECT_EQ(message.body_hash(Canonicalization::simple), expected.finish());
}

TEST(SignedMessage, NothingCanBeAskedOfABodyThatHasBegun) {
  SignedMessage message;
  message.add("A: 1\r\n\r\nbody");
  EXPECT_THROW(message.want_body_hash(Canonicalization::simple), posthouse::Error);
}

}  // namespace
}  // namespace posthouse::mailauth
