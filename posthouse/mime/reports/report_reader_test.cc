// Reports read: of delivery (those of build_delivery_report too) and of disposition.
#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/reports/delivery_report.h"
#include "posthouse/mime/reports/disposition_notification.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {
namespace {

Message bounce_of(const std::string& type, const std::string& status) {
  return Message::parse(
      "To: ann@one.test\nContent-Type: multipart/report; boundary=b\n\n--b\n\nSorry.\n--b\nContent-Type: " + type +
      "\n\n" + status + "\n--b\nContent-Type: text/rfc822-headers\n\nSubject: lost\n--b--\n");
}

TEST(DeliveryReportReader, ReadsWhatWasBuilt) {
  const auto moment = std::chrono::sys_seconds(std::chrono::seconds(1'769'903'999));
  const DeliveryReport written{.reporting_mta = "mx.one.test",
                               .recipient = "ann@one.test",
                               .original_envelope_id = "QQ314159",
                               .received_from_mta = "mx.two.test",
                               .arrival = moment,
                               .recipients = {{.final_recipient = "bob@two.test",
                                               .original_recipient = "bobby@two.test",
                                               .action = DeliveryAction::failed,
                                               .status = "5.1.1",
                                               .remote_mta = "mx.three.test",
                                               .diagnostic = "550 5.1.1 No such user",
                                               .last_attempt = moment},
                                              {.final_recipient = "张三@two.test",
                                               .action = DeliveryAction::delayed,
                                               .status = "4.4.1",
                                               .will_retry_until = moment}},
                               .original_message = "Subject: lost\r\n\r\nbody\r\n",
                               .return_whole_message = true};
  const auto read = parse_delivery_report(Message::parse(build_delivery_report(written)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->reporting_mta, written.reporting_mta);
  EXPECT_EQ(read->recipient, written.recipient);
  EXPECT_EQ(read->original_envelope_id, written.original_envelope_id);
  EXPECT_EQ(read->received_from_mta, written.received_from_mta);
  EXPECT_EQ(read->arrival, written.arrival);
  EXPECT_TRUE(read->return_whole_message);
  EXPECT_EQ(read->original_message, written.original_message);
  ASSERT_EQ(read->recipients.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read->recipients[i].final_recipient, written.recipients[i].final_recipient);
    EXPECT_EQ(read->recipients[i].original_recipient, written.recipients[i].original_recipient);
    EXPECT_EQ(read->recipients[i].action, written.recipients[i].action);
    EXPECT_EQ(read->recipients[i].status, written.recipients[i].status);
    EXPECT_EQ(read->recipients[i].remote_mta, written.recipients[i].remote_mta);
    EXPECT_EQ(read->recipients[i].diagnostic, written.recipients[i].diagnostic);
    EXPECT_EQ(read->recipients[i].last_attempt, written.recipients[i].last_attempt);
    EXPECT_EQ(read->recipients[i].will_retry_until, written.recipients[i].will_retry_until);
  }
}

TEST(DeliveryReportReader, ForgottenEmptyLinesAndActions) {
  const auto read =
      parse_delivery_report(bounce_of("message/delivery-status",
                                      "Reporting-MTA: mx.one.test\nFinal-Recipient: rfc822;a@two.test\n"
                                      "Status: 5.0.0 (unknown)\nFinal-Recipient: b@two.test\nAction: Delayed "
                                      "(soon)\nStatus: 4.0.0\n\n\njunk\nOriginal-Recipient: rfc822; c@x.test\n"
                                      "Final-Recipient: rfc822; d@x.test\nStatus: 2.0.0"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->reporting_mta, "mx.one.test");
  ASSERT_EQ(read->recipients.size(), 3U);
  EXPECT_EQ(read->recipients[0].final_recipient, "a@two.test");
  EXPECT_EQ(read->recipients[0].action, DeliveryAction::failed);
  EXPECT_EQ(read->recipients[0].status, "5.0.0");
  EXPECT_EQ(read->recipients[1].final_recipient, "b@two.test");
  EXPECT_EQ(read->recipients[1].action, DeliveryAction::delayed);
  EXPECT_EQ(read->recipients[2].original_recipient, "c@x.test");
  EXPECT_EQ(read->recipients[2].final_recipient, "d@x.test");
  EXPECT_EQ(read->recipients[2].action, DeliveryAction::delivered);
  EXPECT_EQ(read->original_message, "Subject: lost");
  EXPECT_FALSE(read->return_whole_message);
}

TEST(DeliveryReportReader, NoReport) {
  EXPECT_FALSE(parse_delivery_report(Message::parse("Subject: x\n\nbody")));
  const auto alone = parse_delivery_report(Message::parse("Content-Type: message/delivery-status\n\n\n\n"));
  ASSERT_TRUE(alone);
  EXPECT_TRUE(alone->recipients.empty());
}

TEST(DeliveryReportReader, DatesBeyondTheClock) {
  const auto read =
      parse_delivery_report(bounce_of("message/delivery-status",
                                      "Arrival-Date: Sat, 31 Jan 4004 00:00:00 +0000\n\nFinal-Recipient: rfc822; a@b\n"
                                      "Last-Attempt-Date: 31 Jan 2026 00:00:00 +0000\n"));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->arrival);
  EXPECT_TRUE(read->recipients.at(0).last_attempt);
}

TEST(DispositionNotification, EveryField) {
  const auto read = parse_disposition_notification(bounce_of(
      "message/disposition-notification",
      "Reporting-UA: host.test; Mail 1.0\nMDN-Gateway: dns; gate.test\nOriginal-Recipient: rfc822;bob@two.test\n"
      "Final-Recipient: rfc822; robert@two.test\nOriginal-Message-ID: <1@one.test>\n"
      "Disposition: Manual-action/MDN-sent-manually; Displayed/error,\n x-odd\nError: out of paper\n"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->reporting_ua, "host.test; Mail 1.0");
  EXPECT_EQ(read->mdn_gateway, "gate.test");
  EXPECT_EQ(read->original_recipient, "bob@two.test");
  EXPECT_EQ(read->final_recipient, "robert@two.test");
  EXPECT_EQ(read->original_message_id, "<1@one.test>");
  EXPECT_EQ(read->action_mode, "manual-action");
  EXPECT_EQ(read->sending_mode, "mdn-sent-manually");
  EXPECT_EQ(read->disposition, "displayed");
  EXPECT_EQ(read->modifiers, (std::vector<std::string>{"error", "x-odd"}));
  EXPECT_EQ(read->error, "out of paper");
  EXPECT_EQ(read->original_message, "Subject: lost");
}

TEST(DispositionNotification, BrokenOrNone) {
  EXPECT_FALSE(parse_disposition_notification(bounce_of("message/delivery-status", "x: y")));
  const auto read = parse_disposition_notification(bounce_of("message/disposition-notification", "Disposition: ;;/,,"));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->action_mode.empty());
  EXPECT_TRUE(read->modifiers.empty());
}

}  // namespace
}  // namespace posthouse::mime
