#include "posthouse/mime/reports/feedback_report.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

std::string report_of(std::string_view fields,
                      std::string_view original = "Content-Type: message/rfc822\n\nSubject: x\n\nbody\n") {
  return "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nA complaint.\n"
         "--b\nContent-Type: message/feedback-report\n\n" +
         std::string(fields) + "\n--b\n" + std::string(original) + "\n--b--\n";
}

TEST(FeedbackReport, EveryField) {
  const auto report =
      parse_feedback_report(Message::parse(report_of("Feedback-Type: Abuse\n"
                                                     "User-Agent: Some/1.0\n"
                                                     "Version: 1\n"
                                                     "Original-Envelope-Id: abc\n"
                                                     "Original-Mail-From: <ann@one.test>\n"
                                                     "Original-Rcpt-To: <bob@two.test>\n"
                                                     "Original-Rcpt-To: eve@two.test\n"
                                                     "Arrival-Date: Wed, 14 Apr 2010 12:15:31 -0700\n"
                                                     "Reporting-MTA: dns; mx.two.test\n"
                                                     "Source-IP: 192.0.2.1\n"
                                                     "Source-Port: 2525\n"
                                                     "Incidents: 12\n"
                                                     "Authentication-Results: mx.two.test;\n dkim=fail\n"
                                                     "Reported-Domain: one.test\n"
                                                     "Reported-URI: http://one.test/a\n"
                                                     "Reported-URI: mailto:ann@one.test\n"
                                                     "Auth-Failure: BodyHash\n"
                                                     "Delivery-Result: spam\n"
                                                     "DKIM-Domain: one.test\n"
                                                     "DKIM-Identity: @one.test\n"
                                                     "DKIM-Selector: key\n")));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->feedback_type, "abuse");
  EXPECT_EQ(report->user_agent, "Some/1.0");
  EXPECT_EQ(report->version, "1");
  EXPECT_EQ(report->original_envelope_id, "abc");
  EXPECT_EQ(report->original_mail_from, "ann@one.test");
  EXPECT_EQ(report->original_recipients, (std::vector<std::string>{"bob@two.test", "eve@two.test"}));
  ASSERT_TRUE(report->arrival);
  EXPECT_EQ(std::chrono::system_clock::to_time_t(*report->arrival), 1271272531);
  EXPECT_EQ(report->reporting_mta, "mx.two.test");
  EXPECT_EQ(report->source_ip, "192.0.2.1");
  EXPECT_EQ(report->source_port, 2525);
  EXPECT_EQ(report->incidents, 12U);
  EXPECT_EQ(report->authentication_results, std::vector<std::string>{"mx.two.test; dkim=fail"});
  EXPECT_EQ(report->reported_domains, std::vector<std::string>{"one.test"});
  EXPECT_EQ(report->reported_uris, (std::vector<std::string>{"http://one.test/a", "mailto:ann@one.test"}));
  EXPECT_EQ(report->auth_failure, "bodyhash");
  EXPECT_EQ(report->delivery_result, "spam");
  EXPECT_EQ(report->dkim_domain, "one.test");
  EXPECT_EQ(report->dkim_identity, "@one.test");
  EXPECT_EQ(report->dkim_selector, "key");
  EXPECT_EQ(report->original_message, "Subject: x\n\nbody\n");
  EXPECT_TRUE(report->whole_message);
}

TEST(FeedbackReport, HeaderOnlyAndLittleSaid) {
  const auto report = parse_feedback_report(
      Message::parse(report_of("feedback-type: other\n", "Content-Type: text/rfc822-headers\n\nSubject: x\n")));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->feedback_type, "other");
  EXPECT_EQ(report->incidents, 1U);
  EXPECT_FALSE(report->arrival);
  EXPECT_TRUE(report->original_recipients.empty());
  EXPECT_EQ(report->original_message, "Subject: x\n");
  EXPECT_FALSE(report->whole_message);
}

TEST(FeedbackReport, NumbersThatAreNone) {
  const auto report =
      parse_feedback_report(Message::parse(report_of("Incidents: many\nSource-Port: 70000\nArrival-Date: never\n")));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->incidents, 1U);
  EXPECT_EQ(report->source_port, 0);
  EXPECT_FALSE(report->arrival);
}

TEST(FeedbackReport, LimitedAndAbsent) {
  std::string fields;
  for (int i = 0; i < 1'100; ++i) {
    fields += "Reported-Domain: a.test\n";
  }
  EXPECT_EQ(parse_feedback_report(Message::parse(report_of(fields)))->reported_domains.size(), 1'000U);
  EXPECT_FALSE(parse_feedback_report(Message::parse("Subject: x\n\nbody")));
}

}  // namespace
}  // namespace posthouse::mime
