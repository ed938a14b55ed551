#include "posthouse/mime/reports/report_language.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

TEST(ReportLanguage, IsThatOfTheLetter) {
  const auto chinese = ReportLanguage::chinese, english = ReportLanguage::english;
  EXPECT_EQ(report_language(""), english);
  EXPECT_EQ(report_language("Subject: Lunch\r\n"), english);
  EXPECT_EQ(report_language("Subject: =?utf-8?B?5L2g5aW9?=\r\n"), chinese);
  EXPECT_EQ(report_language("Subject: 你好\r\n"), chinese);
  EXPECT_EQ(report_language("Subject: =?utf-8?B?44GT44KT44Gr44Gh44Gv5LiW55WM?=\r\n"), english) << "Japanese";
  EXPECT_EQ(report_language("Content-Type: text/plain; charset=\"GB18030\"\r\n"), chinese);
  EXPECT_EQ(report_language("Content-Type: text/plain; charset=Big5; format=flowed\r\n"), chinese);
  EXPECT_EQ(report_language("Content-Type: text/plain; charset=utf-8\r\n"), english);
  EXPECT_EQ(report_language("Content-Language: en\r\nSubject: 你好\r\n"), english) << "what is said counts";
  EXPECT_EQ(report_language("Content-Language: zh-Hans\r\n"), chinese);
  EXPECT_EQ(report_language("Subject: \xFF\xFE\r\n"), english);
}

}  // namespace
}  // namespace posthouse::mime
