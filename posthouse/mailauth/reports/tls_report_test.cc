#include "posthouse/mailauth/reports/tls_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mailauth/error.h"

namespace posthouse::mailauth {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view example = R"({
  "organization-name": "Company-X",
  "date-range": {"start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z"},
  "contact-info": "tls@company-x.example",
  "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
  "unknown": {"deep": [1, 2.5, null]},
  "policies": [{
    "policy": {"policy-type": "sts", "policy-string": ["version: STSv1", "mode: testing"],
               "policy-domain": "Company-Y.example", "mx-host": "*.mail.company-y.example"},
    "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 303},
    "failure-details": [
      {"result-type": "certificate-expired", "sending-mta-ip": "2001:db8:abcd:0012::1",
       "receiving-mx-hostname": "MX1.mail.company-y.example", "failed-session-count": 100},
      {"result-type": "starttls-not-supported", "receiving-ip": "203.0.113.56", "failed-session-count": 200,
       "receiving-mx-helo": "mx", "additional-information": "https://reports.example/x", "failure-reason-code": "none"}]
  }, 17, {"policy": "odd", "summary": [], "failure-details": {}}]})";

TlsReport sample_tls_report() {
  return {.organization = "One",
          .contact = "tls@one.test",
          .report_id = "77@one.test",
          .begin = std::chrono::sys_days(std::chrono::year(2026) / 2 / 3),
          .end = std::chrono::sys_days(std::chrono::year(2026) / 2 / 4) - 1s,
          .policies = {{.type = "tlsa",
                        .domain = "two.test",
                        .policy = {"3 1 1 ab"},
                        .succeeded = 2,
                        .failed = 1,
                        .failures = {{.type = "validation-failure", .mx = "mx.two.test", .sessions = 1}}}}};
}

TEST(TlsReport, IsRead) {
  const TlsReport report = parse_tls_report(example);
  EXPECT_EQ(report.organization, "Company-X");
  EXPECT_EQ(report.contact, "tls@company-x.example");
  EXPECT_EQ(report.begin, std::chrono::sys_days(std::chrono::year(2016) / 4 / 1));
  EXPECT_EQ(report.end - report.begin, 24h - 1s);
  ASSERT_THAT(report.policies, SizeIs(2)) << "a number among them is skipped";
  const TlsPolicyResult& policy = report.policies[0];
  EXPECT_EQ(policy.domain, "company-y.example");
  EXPECT_THAT(policy.policy, ElementsAre("version: STSv1", "mode: testing"));
  EXPECT_THAT(policy.mx_patterns, ElementsAre("*.mail.company-y.example"));
  EXPECT_EQ(policy.succeeded, 5326U);
  EXPECT_EQ(policy.failed, 303U);
  ASSERT_THAT(policy.failures, SizeIs(2));
  EXPECT_EQ(policy.failures[0].mx, "mx1.mail.company-y.example");
  EXPECT_EQ(policy.failures[1].sessions, 200U);
  EXPECT_EQ(policy.failures[1].more, "https://reports.example/x");
}

TEST(TlsReport, WhatIsNoReportIsRefused) {
  const ReportLimits small{.octets = 4000, .files = 2, .records = 3, .text = 10};
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"policies": []})"), std::string("{\"a\":"),
        std::string(example) + "x", std::string(5000, '[')}) {
    EXPECT_THROW(parse_tls_report(text), Error) << text.substr(0, 30);
  }
  EXPECT_THROW(parse_tls_report(example, small), Error) << "it has four records";
  EXPECT_EQ(parse_tls_report(example, {.text = 3}).organization, "Com");
}

TEST(TlsReport, IsReadAsItWasWritten) {
  const TlsReport report = sample_tls_report();
  const std::string json = write_tls_report(report);
  const TlsReport again = parse_tls_report(json);
  EXPECT_EQ(again.begin, report.begin);
  EXPECT_EQ(again.end, report.end);
  EXPECT_EQ(write_tls_report(again), json);
  EXPECT_THAT(json, HasSubstr(R"("start-datetime":"2026-02-03T00:00:00Z")"));
  EXPECT_THAT(read_tls_reports(gzip(json)), SizeIs(1));
  EXPECT_TRUE(is_tls_report_file(json));
  EXPECT_TRUE(is_tls_report_file(gzip(json)));
  EXPECT_FALSE(is_tls_report_file("From: ann@one.test\r\n\r\n{}"));
}

TEST(TlsReport, GoesByMail) {
  const TlsReport report = sample_tls_report();
  const std::string text = tls_report_message(report, "one.test", "two.test", "tls@one.test", "reports@two.test");
  EXPECT_THAT(
      text, AllOf(HasSubstr("\r\nTLS-Report-Domain: two.test\r\n"), HasSubstr("\r\nTLS-Report-Submitter: one.test\r\n"),
                  HasSubstr("\r\nTLS-Required: No\r\n"), HasSubstr("multipart/report"), HasSubstr("report-type=tlsrpt"),
                  HasSubstr("application/tlsrpt+gzip")));
  const mime::Message message = mime::Message::parse(text);
  EXPECT_EQ(message.subject(), "Report Domain: two.test Submitter: one.test Report-ID: <77@one.test>");
  const auto reports = read_tls_reports(message);
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(write_tls_report(reports[0]), write_tls_report(report));
  EXPECT_EQ(tls_report_file_name(report, "one.test", "two.test"), "one.test!two.test!1770076800!1770163199!77.json.gz");
  EXPECT_THROW(read_tls_reports(mime::Message::parse("Subject: none\r\n\r\nHello\r\n")), Error);
}

TEST(TlsReport, WhereADomainWantsThem) {
  EXPECT_THAT(tls_report_uris({"v=TLSRPTv1; rua=mailto:a@two.test, https://two.test/x,ftp://no;", "other"}),
              ElementsAre("mailto:a@two.test", "https://two.test/x"));
  EXPECT_THAT(tls_report_uris({"v=TLSRPTv1;rua=mailto:a@b"}), ElementsAre("mailto:a@b"));
  EXPECT_THAT(tls_report_uris({}), IsEmpty());
  EXPECT_THAT(tls_report_uris({"v=TLSRPTv2; rua=mailto:a@b"}), IsEmpty());
  EXPECT_THAT(tls_report_uris({"v=TLSRPTv1; rua=mailto:a@b", "v=TLSRPTv1; rua=mailto:c@d"}), IsEmpty()) << "ambiguous";
  std::string many = "v=TLSRPTv1; rua=mailto:a@b";
  for (int i = 0; i < 50; ++i) {
    many += ",mailto:a@b";
  }
  EXPECT_THAT(tls_report_uris({many}), SizeIs(10));
  EXPECT_EQ(address_of_mailto("MAILTO:tls%2dreports@two.test?subject=x"), "tls-reports@two.test");
  for (const char* none :
       {"https://two.test", "mailto:", "mailto:nobody", "mailto:a@b%0d%0aRCPT TO:<c@d>", "mailto:a b@c"}) {
    EXPECT_EQ(address_of_mailto(none), "") << none;
  }
}

}  // namespace
}  // namespace posthouse::mailauth
