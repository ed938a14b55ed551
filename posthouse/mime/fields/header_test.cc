#include "posthouse/mime/fields/header.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

std::vector<DefectCode> codes(const std::vector<Defect>& defects) {
  std::vector<DefectCode> out;
  for (const Defect& defect : defects) {
    out.push_back(defect.code);
  }
  return out;
}

TEST(HeaderBlock, KeepsOrderSpellingAndOffsets) {
  constexpr std::string_view bytes =
      "Received: by a\r\n\twith smtp\r\nSUBJECT:  =?utf-8?q?=C3=A9?=\r\n x \r\nreceived: by b\r\n\r\nBody: no field";
  const HeaderBlock block = HeaderBlock::scan(bytes);
  const Headers headers = block.headers();
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[0].name(), "Received");
  EXPECT_EQ(headers[0].raw_value(), " by a\r\n\twith smtp");
  EXPECT_EQ(headers[0].unfolded(), "by a\twith smtp");
  EXPECT_EQ(headers[1].name(), "SUBJECT");
  EXPECT_EQ(headers[1].text(), "é x");
  EXPECT_EQ(headers[1].offset(), 28U);
  EXPECT_EQ(bytes.substr(headers[1].value_offset(), 3), "  =");
  EXPECT_EQ(headers.text("subject"), "é x");
  EXPECT_EQ(headers.count("Received"), 2U);
  EXPECT_EQ(headers.all("RECEIVED").at(1).raw(), "received: by b\r\n");
  EXPECT_FALSE(headers.contains("Body"));
  EXPECT_EQ(headers.text("Body"), "");
  EXPECT_TRUE(block.complete());
  EXPECT_EQ(bytes.substr(block.body()), "Body: no field");
  std::string all;
  for (const Field field : headers) {
    all += field.raw();
  }
  EXPECT_EQ(all + "\r\n", bytes.substr(0, block.body()));
}

TEST(HeaderBlock, TakesLfAndAnMboxLine) {
  const HeaderBlock block = HeaderBlock::scan("From ann Sat Jan 31\nA: b\nC:\n\nbody");
  EXPECT_EQ(block.from_line(), 20U);
  EXPECT_EQ(block.headers().size(), 2U);
  EXPECT_EQ(block.headers()[1].text(), "");
  EXPECT_EQ(block.body(), 29U);
  EXPECT_TRUE(block.defects().empty());
}

TEST(HeaderBlock, TellsWhetherItIsWhole) {
  EXPECT_FALSE(HeaderBlock::scan("A: b\r\nC: d").complete());
  EXPECT_EQ(HeaderBlock::scan("A: b\r\nC: d").headers().size(), 2U);
  EXPECT_FALSE(HeaderBlock::scan("").complete());
  EXPECT_TRUE(HeaderBlock::scan("\r\n").complete());
  EXPECT_EQ(HeaderBlock::scan("\r\nA: b").headers().size(), 0U);
}

TEST(HeaderBlock, SurvivesWhatIsNoHeader) {
  struct Case {
    std::string_view bytes;
    std::size_t fields;
    std::size_t body;
    std::vector<DefectCode> defects;
  };
  const Case cases[] = {
      {"A : b\r\n\r\n", 1, 9, {DefectCode::header_space_before_colon}},
      {" folded first\r\nA: b\r\n\r\n", 1, 23, {DefectCode::header_starts_folded}},
      {": nameless\r\nA: b\r\n\r\n", 1, 20, {DefectCode::header_without_name}},
      {"A: b\r\nno field\r\nC: d\r\n", 1, 6, {DefectCode::header_missing_blank_line}},
      {"A: b\r\nFrom x\r\nC: d\r\n\r\n", 2, 22, {DefectCode::header_misplaced_from_line}},
      {"na\xEFve: b\r\n\r\n", 0, 0, {DefectCode::header_missing_blank_line}},
      {"From: ann\r\n\r\n", 1, 13, {}},
      {"\xEF\xBB\xBF"
       "A: b\r\nC: d\r\n\r\n",
       2,
       17,
       {DefectCode::header_byte_order_mark}},
      {"A: b\r\n\xEF\xBB\xBF"
       "C: d\r\n\r\n",
       2,
       17,
       {DefectCode::header_byte_order_mark}},
      {"\xEF\xBB\xBF", 0, 0, {DefectCode::header_missing_blank_line}},
      {">From a@b Sat Jan 31\r\nA: b\r\n\r\n", 1, 30, {DefectCode::header_misplaced_from_line}},
      {"A: b\r\nHello,\r\nNote: x\r\n", 1, 6, {DefectCode::header_missing_blank_line}},
      {"From : ann\r\n\r\n", 1, 14, {DefectCode::header_space_before_colon}},
      {"A: b\r\r\n\r\r\nbody", 1, 10, {}},
  };
  for (const Case& c : cases) {
    const HeaderBlock block = HeaderBlock::scan(c.bytes);
    EXPECT_EQ(block.headers().size(), c.fields) << c.bytes;
    EXPECT_EQ(block.body(), c.body) << c.bytes;
    EXPECT_EQ(codes(block.defects()), c.defects) << c.bytes;
  }
}

TEST(HeaderBlock, StopsAtItsLimits) {
  Limits limits;
  limits.header_fields = 2;
  HeaderBlock block = HeaderBlock::scan("A: 1\nB: 2\nC: 3\nD: 4\n\nbody", limits);
  EXPECT_EQ(block.headers().size(), 2U);
  EXPECT_EQ(block.body(), 21U);
  EXPECT_EQ(block.defects(), (std::vector<Defect>{{DefectCode::header_block_limit, 10}}));
  limits = {};
  limits.header_block = 12;
  block = HeaderBlock::scan("A: 1\nB: 2\nC: 3\nD: 4\n\nbody", limits);
  EXPECT_EQ(block.headers().size(), 2U);
  EXPECT_TRUE(block.complete());
  limits = {};
  limits.header_line = 6;
  block = HeaderBlock::scan("A: 123456789\n\n", limits);
  EXPECT_EQ(block.headers()[0].text(), "123");
  EXPECT_EQ(block.headers()[0].raw(), "A: 123456789\n");
  EXPECT_EQ(block.defects().at(0).code, DefectCode::header_line_limit);
}

TEST(Defects, HaveNamesAndTexts) {
  EXPECT_EQ(code_name(DefectCode::boundary_missing), "boundary-missing");
  EXPECT_EQ((Defect{DefectCode::defect_limit, 0}).text(), "There are more defects than are listed.");
}

}  // namespace
}  // namespace posthouse::mime
