// Each limit: what is past it stays in the raw bytes, unread, and a defect says so.
#include "posthouse/mime/wire/limits.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {
namespace {

std::string repeat(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) {
    out += piece;
  }
  return out;
}

// Reads `bytes` within `limits`: nothing is lost, and `code` is listed.
Message read(const std::string& bytes, const Limits& limits, DefectCode code) {
  Message message = Message::parse(bytes, limits);
  EXPECT_EQ(message.root().raw(), bytes);
  const std::vector<Defect> defects = message.all_defects();
  EXPECT_TRUE(std::any_of(defects.begin(), defects.end(), [&](const Defect& d) { return d.code == code; }))
      << code_name(code);
  return message;
}

// Reads what is just within them: `code` is not listed.
void fits(const std::string& bytes, const Limits& limits, DefectCode code) {
  const std::vector<Defect> defects = Message::parse(bytes, limits).all_defects();
  EXPECT_FALSE(std::any_of(defects.begin(), defects.end(), [&](const Defect& d) { return d.code == code; }))
      << code_name(code);
}

TEST(EachLimit, HeaderBlock) {
  const std::string header = repeat("X-A: 12345\n", 10);  // 110 octets
  fits(header + "\nbody", {.header_block = 110}, DefectCode::header_block_limit);
  const Message message = read(header + "\nbody", {.header_block = 105}, DefectCode::header_block_limit);
  EXPECT_EQ(message.headers().size(), 9U);
  EXPECT_EQ(message.root().raw_body(), "body");
}

TEST(EachLimit, HeaderFields) {
  const std::string header = repeat("X-A: 12345\n", 10);
  fits(header + "\nbody", {.header_fields = 10}, DefectCode::header_block_limit);
  EXPECT_EQ(read(header + "\nbody", {.header_fields = 3}, DefectCode::header_block_limit).headers().size(), 3U);
}

TEST(EachLimit, HeaderLine) {
  const std::string bytes = "Subject: 0123456789\nTo: a@b.test\n\nbody";
  fits(bytes, {.header_line = 20}, DefectCode::header_line_limit);
  const Message message = read(bytes, {.header_line = 14}, DefectCode::header_line_limit);
  EXPECT_EQ(message.subject(), "01234");
  EXPECT_EQ(message.headers()[0].raw(), "Subject: 0123456789\n");
  EXPECT_EQ(message.to().size(), 1U);
}

TEST(EachLimit, Addresses) {
  const std::string bytes = "To: a@x.test, b@x.test, c@x.test\n\nbody";
  fits(bytes, {.addresses = 3}, DefectCode::address_limit);
  EXPECT_EQ(read(bytes, {.addresses = 2}, DefectCode::address_limit).to().size(), 2U);
}

TEST(EachLimit, Parameters) {
  const std::string bytes = "Content-Type: text/plain; a=1; b=2; c=3\n\nbody";
  fits(bytes, {.parameters = 3}, DefectCode::parameter_limit);
  EXPECT_EQ(read(bytes, {.parameters = 2}, DefectCode::parameter_limit).root().content_type().parameters.size(), 2U);
}

TEST(EachLimit, Parts) {
  const std::string bytes = "Content-Type: multipart/mixed; boundary=b\n\n" + repeat("--b\n\nx\n", 9) + "--b--\n";
  fits(bytes, {.parts = 10}, DefectCode::part_limit);
  EXPECT_EQ(read(bytes, {.parts = 5}, DefectCode::part_limit).part_count(), 5U);
}

TEST(EachLimit, Depth) {
  const std::string bytes = repeat("Content-Type: message/rfc822\n\n", 5) + "Subject: x\n\nbody";
  fits(bytes, {.depth = 5}, DefectCode::depth_limit);
  const Message message = read(bytes, {.depth = 2}, DefectCode::depth_limit);
  EXPECT_EQ(message.part_count(), 3U);
  EXPECT_TRUE(message.part("1.1")->is_leaf());
  EXPECT_TRUE(message.part("1.1")->content().ends_with("Subject: x\n\nbody"));
}

TEST(EachLimit, Defects) {
  const std::string bytes = repeat(": no name\n", 5) + "\nbody";
  fits(bytes, {.defects = 5}, DefectCode::defect_limit);
  EXPECT_EQ(read(bytes, {.defects = 3}, DefectCode::defect_limit).defects().size(), 4U);
}

}  // namespace
}  // namespace posthouse::mime
