#include "posthouse/delivery/header_scanner.h"

#include <string>

#include <gtest/gtest.h>

namespace posthouse::delivery {
namespace {

const std::string message =
    "Received: from a\r\n\tby b;\r\n Received: folded, not a field\r\nRECEIVED : old style\r\nDate: today\r\n"
    "Message-ID: <x@y>\r\nSubject: Received: no\r\nReceivedx: no\r\nX\r\n\r\nReceived: in the body\r\n";

TEST(HeaderScanner, FindsTheFieldsHoweverItIsCut) {
  for (std::size_t step = 1; step <= message.size(); ++step) {
    HeaderScanner scanner;
    std::size_t end = HeaderScanner::not_here;
    for (std::size_t at = 0; at < message.size(); at += step) {
      const std::size_t here = scanner.scan(std::string_view(message).substr(at, step));
      if (here == HeaderScanner::not_here) {
        continue;
      }
      ASSERT_EQ(end, HeaderScanner::not_here) << "the header ends once";
      end = at + here;
    }
    ASSERT_EQ(end, message.find("\r\n\r\n") + 2) << step;
    EXPECT_TRUE(scanner.ended());
    EXPECT_EQ(scanner.received(), 2U) << step;
    EXPECT_TRUE(scanner.has_date());
    EXPECT_TRUE(scanner.has_message_id());
    EXPECT_FALSE(scanner.eight_bit());
  }
}

TEST(HeaderScanner, AHeaderWithoutEnd) {
  HeaderScanner scanner;
  EXPECT_TRUE(scanner.at_line_start());
  EXPECT_EQ(scanner.scan("Subject: x\r\n"), HeaderScanner::not_here);
  EXPECT_FALSE(scanner.ended());
  EXPECT_TRUE(scanner.at_line_start());
  EXPECT_FALSE(scanner.has_date());
  EXPECT_EQ(scanner.scan("Date"), HeaderScanner::not_here);
  EXPECT_FALSE(scanner.at_line_start());
}

TEST(HeaderScanner, AMessageThatBeginsWithTheEmptyLineHasNoHeader) {
  HeaderScanner scanner;
  EXPECT_EQ(scanner.scan("\r\nDate: x\r\n"), 0U);
  EXPECT_FALSE(scanner.has_date());
}

TEST(HeaderScanner, EightBitIsFoundEverywhere) {
  HeaderScanner scanner;
  scanner.scan("Subject: x\r\n\r\n");
  EXPECT_FALSE(scanner.eight_bit());
  scanner.scan("gr\xc3\xbc\xc3\x9f\r\n");
  EXPECT_TRUE(scanner.eight_bit());
  EXPECT_FALSE(scanner.eight_bit_header());
  HeaderScanner other;
  other.scan("Subject: gr\xc3\xbc\xc3\x9f\r\n\r\nx");
  EXPECT_TRUE(other.eight_bit_header());
}

}  // namespace
}  // namespace posthouse::delivery
