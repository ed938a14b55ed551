#include "posthouse/delivery/header_scanner.h"

#include <string>
#include <vector>

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

TEST(HeaderScanner, RemembersWhatIdentifiesALetterHoweverItIsCut) {
  const std::string letter =
      "Delivered-To: a@one.test\r\nMessage-ID:\r\n <first@y> \r\nmessage-id: <second@y>\r\nDELIVERED-TO :\r\n\t "
      "b@one.test"
      "\r\nSubject: x\r\n Delivered-To: no\r\n\r\nDelivered-To: body\r\n";
  for (std::size_t step = 1; step <= letter.size(); ++step) {
    HeaderScanner scanner;
    for (std::size_t at = 0; at < letter.size(); at += step) {
      scanner.scan(std::string_view(letter).substr(at, step));
    }
    EXPECT_EQ(scanner.message_id(), "<first@y>") << step;
    EXPECT_EQ(scanner.delivered_to(), (std::vector<std::string>{"a@one.test", "b@one.test"})) << step;
  }
  HeaderScanner hostile;
  for (int i = 0; i < 200; ++i) {
    hostile.scan("Delivered-To: " + std::string(5000, 'x') + "\r\n");
  }
  EXPECT_EQ(hostile.delivered_to().size(), 100U);
  EXPECT_EQ(hostile.delivered_to().front().size(), 500U);
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
