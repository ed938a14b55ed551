#include "posthouse/mime/reports/delivery_report.h"

#include <gtest/gtest.h>

#include "posthouse/mime/error.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {
namespace {

DeliveryReport sample() {
  DeliveryReport report;
  report.reporting_mta = "mx.one.test";
  report.recipient = "ann@one.test";
  report.arrival = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31);
  report.recipients.push_back({.final_recipient = "bob@two.test",
                               .status = "5.1.1",
                               .remote_mta = "mx.two.test",
                               .diagnostic = "550 5.1.1\r\nno such user here\r\nFinal-Recipient: rfc822; evil@x.test"});
  report.recipients.push_back({.final_recipient = "张@例子.测试", .explanation = "host not found"});
  report.original_message = "From: ann@one.test\r\nSubject: =?utf-8?B?5L2g5aW9?=\r\n\r\nthe secret body\r\n";
  return report;
}

TEST(DeliveryReport, HasTheThreeParts) {
  const std::string bytes = build_delivery_report(sample());
  const Message message = Message::parse(bytes);
  EXPECT_TRUE(message.all_defects().empty());
  EXPECT_EQ(message.root().type(), "multipart/report");
  EXPECT_EQ(message.root().content_type().get("report-type"), "delivery-status");
  EXPECT_EQ(message.from().at(0).addr, "MAILER-DAEMON@mx.one.test");
  EXPECT_EQ(message.to().at(0).addr, "ann@one.test");
  EXPECT_EQ(message.header("Auto-Submitted"), "auto-replied");
  EXPECT_FALSE(message.message_id().empty());
  ASSERT_EQ(message.part_count(), 4U);
  const std::string text = message.part("1")->text();
  EXPECT_NE(text.find("<bob@two.test>"), std::string::npos);
  EXPECT_NE(text.find("The server mx.two.test said: 550 5.1.1 no such user here"), std::string::npos);
  EXPECT_NE(text.find("host not found"), std::string::npos);
  EXPECT_EQ(message.part("3")->type(), "text/rfc822-headers");
  EXPECT_EQ(message.part("3")->text(), "From: ann@one.test\r\nSubject: =?utf-8?B?5L2g5aW9?=\r\n");
}

TEST(DeliveryReport, TellsAPersonWhatHappenedAndWhatToDo) {
  DeliveryReport report = sample();
  const auto text = [&] { return Message::parse(build_delivery_report(report)).part("1")->text(); };
  const auto has = [&](std::string_view words) { return text().find(words) != std::string::npos; };
  EXPECT_TRUE(
      text().starts_with("Your message \"你好\" could not be delivered to <bob@two.test>: there is no such mailbox."))
      << text();
  EXPECT_TRUE(has("What you can do: Check the address"));
  report.recipients[0].tried_for = std::chrono::hours(121);
  report.recipients[0].status = "5.2.2";
  EXPECT_TRUE(has("that mailbox is full; it was tried for 5 days and has expired.")) << text();
  report.recipients[0].status = "5.2.99";
  EXPECT_TRUE(has("that mailbox cannot take it")) << "what is not in the table is told by its subject";
  report.recipients[0].status = "nonsense";
  EXPECT_TRUE(has("could not be delivered to <bob@two.test>; it was tried"));
  report.language = ReportLanguage::chinese;
  report.recipients[0].status = "5.7.1";
  EXPECT_TRUE(
      text().starts_with("您的邮件“你好”未能送达 <bob@two.test>：对方服务器按其规则拒收；已尝试投递 5 天，现已过期。"))
      << text();
  EXPECT_EQ(Message::parse(build_delivery_report(report)).subject(), "邮件未能送达：你好");
  report.recipients.resize(1);
  report.recipients[0].action = DeliveryAction::delayed;
  EXPECT_TRUE(has("尚未送达"));
  for (const DeliveryAction action : {DeliveryAction::delivered, DeliveryAction::relayed, DeliveryAction::expanded}) {
    report.recipients[0].action = action;
    report.language = ReportLanguage::english;
    EXPECT_TRUE(has("Your message \"你好\"")) << name_of(action);
    EXPECT_FALSE(has("What you can do")) << name_of(action);
  }
}

TEST(DeliveryReport, NamesTheEnvelopeAndTheAddressThatWasWritten) {
  DeliveryReport report = sample();
  report.original_envelope_id = "QQ 314";
  report.recipients[0].original_recipient = "/g=bob";
  report.recipients[0].original_recipient_type = "x400";
  const std::string bytes = build_delivery_report(report);
  EXPECT_NE(bytes.find("Original-Envelope-Id: QQ 314\r\n"), std::string::npos);
  EXPECT_NE(bytes.find("Original-Recipient: x400; /g=bob\r\n"), std::string::npos);
}

TEST(DeliveryReport, SaysWhatBecameOfEachRecipient) {
  const Message message = Message::parse(build_delivery_report(sample()));
  const std::string status = message.part("2")->content();
  ASSERT_EQ(message.part("2")->type(), "message/delivery-status");
  const HeaderBlock per_message = HeaderBlock::scan(status);
  EXPECT_EQ(per_message.headers().text("Reporting-MTA"), "dns; mx.one.test");
  EXPECT_EQ(per_message.headers().text("Arrival-Date"), "Sat, 31 Jan 2026 00:00:00 +0000");
  const std::string_view rest = std::string_view(status).substr(per_message.body());
  const HeaderBlock first = HeaderBlock::scan(rest);
  EXPECT_EQ(first.headers().count("Final-Recipient"), 1U);  // a peer's reply makes no fields
  EXPECT_EQ(first.headers().text("Final-Recipient"), "rfc822; bob@two.test");
  EXPECT_EQ(first.headers().text("Action"), "failed");
  EXPECT_EQ(first.headers().text("Status"), "5.1.1");
  EXPECT_EQ(first.headers().text("Remote-MTA"), "dns; mx.two.test");
  EXPECT_TRUE(first.headers().text("Diagnostic-Code").starts_with("smtp; 550 5.1.1 no such user here"));
  const HeaderBlock second = HeaderBlock::scan(rest.substr(first.body()));
  EXPECT_EQ(second.headers().text("Final-Recipient"), "utf-8; \\x{5F20}@\\x{4F8B}\\x{5B50}.\\x{6D4B}\\x{8BD5}");
  EXPECT_EQ(second.headers().text("Status"), "5.0.0");
}

TEST(DeliveryReport, ReturnsTheWholeMessageWhereItCan) {
  DeliveryReport report = sample();
  report.return_whole_message = true;
  Message message = Message::parse(build_delivery_report(report));
  EXPECT_EQ(message.part("3")->type(), "message/rfc822");
  EXPECT_EQ(message.part("3.1")->text(), "the secret body\r\n");
  report.original_message += "\xE4\xBD\xA0\r\n";  // 8-bit may not pass on the way back
  message = Message::parse(build_delivery_report(report));
  EXPECT_EQ(message.part("3")->type(), "text/rfc822-headers");
  report.eight_bit = true;
  message = Message::parse(build_delivery_report(report));
  EXPECT_EQ(message.part("3.1")->text(), "the secret body\r\n\u4F60\r\n");
}

TEST(DeliveryReport, StaysSevenBitWithShortLines) {
  DeliveryReport report = sample();
  report.original_message = "Subject: \xE4\xBD\xA0 raw \xFF\nX-Long: " + std::string(3000, 'x') + "\n\n";
  report.recipients[0].diagnostic = std::string(5000, 'd');
  report.recipients[0].action = DeliveryAction::delayed;
  report.recipients[0].will_retry_until = std::chrono::sys_days(std::chrono::year(2026) / 2 / 5);
  const std::string bytes = build_delivery_report(report);
  std::size_t line = 0;
  for (const char c : bytes) {
    EXPECT_GE(c, 0);
    line = c == '\n' ? 0 : line + 1;
    ASSERT_LE(line, 999U);
  }
  EXPECT_NE(bytes.find("Will-Retry-Until: Thu, 5 Feb 2026"), std::string::npos);
}

TEST(DeliveryReport, RefusesNonsense) {
  DeliveryReport report = sample();
  report.reporting_mta = "mx\r\nX: y";
  EXPECT_THROW(build_delivery_report(report), Error);
  report = sample();
  report.recipient = "";
  EXPECT_THROW(build_delivery_report(report), Error);
  report = sample();
  report.recipients.clear();
  EXPECT_THROW(build_delivery_report(report), Error);
}

}  // namespace
}  // namespace posthouse::mime
