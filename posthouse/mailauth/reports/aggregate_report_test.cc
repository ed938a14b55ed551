#include "posthouse/mailauth/reports/aggregate_report.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/reports/report_writer.h"
#include "posthouse/mailauth/reports/senders.h"
#include "posthouse/mime/compose/message_builder.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mailauth {
namespace {

namespace json = boost::json;
using mime::corpus;
using mime::files_in;
using mime::read_file;
using ::testing::ElementsAre;

std::string wrong(const std::string& octets, const ReportLimits& limits = {}) {
  try {
    read_aggregate_reports(octets, limits);
    return "good";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::report);
    return error.what();
  }
}

AggregateReport sample() {
  AggregateReport report;
  report.version = "1.0";
  report.org_name = "Receiver & Sons";
  report.email = "dmarc@receiver.test";
  report.report_id = "id.1";
  report.begin = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
  report.end = report.begin + std::chrono::hours(24);
  report.errors = {"<two> records"};
  report.policy = {
      .domain = "one.test", .p = "reject", .sp = "none", .adkim = "s", .testing = true, .discovery_method = "treewalk"};
  AggregateRecord record;
  record.source_ip = "192.0.2.1";
  record.count = 3;
  record.disposition = "none";
  record.dkim = "pass";
  record.spf = "fail";
  record.reasons = {{"mailing_list", "a list"}};
  record.header_from = "one.test";
  record.dkim_results = {{"one.test", "Sel", "", "pass", "2048-bit key"}, {"two.test", "x", "", "fail", ""}};
  record.spf_results = {{"list.test", "", "mfrom", "pass", ""}};
  report.records = {record, record};
  report.records[1].source_ip = "2001:db8::1";
  report.records[1].dkim = "fail";
  report.records[1].disposition = "quarantine";
  return report;
}

TEST(AggregateReport, WrittenAndReadBack) {
  const AggregateReport report = sample();
  const AggregateReport again = parse_aggregate_report(write_aggregate_report(report));
  EXPECT_EQ(again.org_name, report.org_name);
  EXPECT_EQ(again.errors, report.errors);
  EXPECT_EQ(again.begin, report.begin);
  EXPECT_EQ(again.end, report.end);
  EXPECT_EQ(again.policy.sp, "none");
  EXPECT_EQ(again.policy.adkim, "s");
  EXPECT_EQ(again.policy.discovery_method, "treewalk");
  EXPECT_TRUE(again.policy.testing);
  EXPECT_EQ(again.records, report.records);
}

TEST(AggregateReport, GoesByMail) {
  const AggregateReport report = sample();
  const std::string bytes = report_message(report, "receiver.test", "dmarc@receiver.test", "reports@one.test");
  const mime::Message message = mime::Message::parse(bytes);
  EXPECT_EQ(message.subject(), "Report Domain: one.test Submitter: receiver.test Report-ID: <id.1>");
  const auto reports = read_aggregate_reports(message);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].records, report.records);
  EXPECT_NE(bytes.find("receiver.test!one.test!1700000000!1700086400.xml.gz"), std::string::npos);
  EXPECT_THROW(read_aggregate_reports(mime::Message::parse("From: a@b.test\r\n\r\nno report\r\n")), Error);
}

TEST(AggregateReport, OctetsThatXmlCannotCarry) {
  AggregateReport report = sample();
  report.org_name = std::string("a\x01 b \xFF c \xEF\xBF\xBF d & <e>\0", 19);
  EXPECT_NO_THROW(parse_aggregate_report(write_aggregate_report(report)));
}

TEST(AggregateReport, RecordsAreSummedUp) {
  AggregateReport report = sample();
  report.records.push_back(report.records[0]);
  report.records[2].count = 4;
  const auto sums = summed_up(report.records);
  ASSERT_EQ(sums.size(), 2U);
  EXPECT_EQ(sums[0].count + sums[1].count, 10U);
}

// Extensions, unknown elements, a prefix for all.
TEST(AggregateReport, SkipsWhatItDoesNotKnow) {
  const AggregateReport report = parse_aggregate_report(
      "\xEF\xBB\xBF<?xml version='1.0'?>\n<d:feedback xmlns:d='urn:x' xmlns:e='urn:y'><e:version>9</e:version>"
      "<d:version>1.0</d:version><version>8</version><d:what><d:version>7</d:version></d:what>"
      "<d:record><d:row><d:source_ip> 192.0.2.1 "
      "</d:source_ip><d:count>many</d:count></d:row><e:row><d:source_ip>x</d:source_ip></e:row>"
      "</d:record></d:feedback>");
  EXPECT_EQ(report.version, "1.0");
  ASSERT_EQ(report.records.size(), 1U);
  EXPECT_EQ(report.records[0].source_ip, "192.0.2.1");
  EXPECT_EQ(report.records[0].count, 0U);
}

TEST(AggregateReport, WhatIsNoReport) {
  EXPECT_EQ(wrong("<html></html>"), "the XML is no report of DMARC");
  EXPECT_THAT(wrong("<feedback><record>"), ::testing::StartsWith("the XML cannot be read: no element found"));
  EXPECT_THAT(wrong(""), ::testing::StartsWith("the XML cannot be read"));
  EXPECT_EQ(wrong("<!DOCTYPE f [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><feedback>&b;</feedback>"),
            "the XML has a document type declaration");
  std::string deep = "<feedback>";
  for (int i = 0; i < 100'000; ++i) {
    deep += "<a>";
  }
  EXPECT_EQ(wrong(deep), "the XML is nested too deeply");
  std::string many = "<feedback>";
  for (int i = 0; i < 11; ++i) {
    many += "<record/>";
  }
  EXPECT_EQ(wrong(many + "</feedback>", {.records = 10}), "the report has too many records");
  EXPECT_EQ(wrong(many + "</feedback>", {.records = 11}), "good");
  // A value is cut, a list within a record ends.
  std::string long_one = "<feedback><version>" + std::string(1'000'000, 'x') + "</version><record><auth_results>";
  for (int i = 0; i < 1'000; ++i) {
    long_one += "<dkim><domain>d" + std::to_string(i) + "</domain></dkim>";
  }
  const AggregateReport report = parse_aggregate_report(long_one + "</auth_results></record></feedback>");
  EXPECT_EQ(report.version.size(), 4'096U);
  EXPECT_EQ(report.records[0].dkim_results.size(), 200U);
}

TEST(ReportFiles, GzipAndItsBombs) {
  const std::string xml = write_aggregate_report(sample());
  EXPECT_THAT(unpack_report(gzip(xml), {}), ElementsAre(xml));
  EXPECT_THAT(unpack_report(gzip(xml) + gzip(xml), {}), ElementsAre(xml + xml));
  EXPECT_THAT(unpack_report(gzip(""), {}), ElementsAre(""));
  EXPECT_EQ(wrong(gzip(xml).substr(0, 100)), "the compressed file is cut short");
  std::string damaged = gzip(xml);
  damaged[40] = static_cast<char>(damaged[40] ^ 0x55);
  EXPECT_NE(wrong(damaged), "good");
  EXPECT_EQ(wrong(gzip(std::string(10'000'000, ' ')), {.octets = 1'000'000}), "it unpacks to more than 1000000 octets");
}

/// A number of `size` octets, the lowest first.
std::string number(std::size_t value, int size) {
  std::string octets;
  for (int i = 0; i < size; ++i, value >>= 8U) {
    octets += static_cast<char>(value & 255U);
  }
  return octets;
}

/// A zip file of files as they are (method 0); `claimed` is the size it says they have, where not 0.
std::string zip(const std::vector<std::pair<std::string, std::string>>& files, std::size_t claimed = 0) {
  std::string out;
  std::string directory;
  for (const auto& [name, content] : files) {
    const std::string sizes =
        number(content.size(), 4) + number(claimed == 0 ? content.size() : claimed, 4) + number(name.size(), 2);
    directory += "PK\x01\x02" + number(20, 4) + number(0, 2) + number(0, 2) + number(0, 8) + sizes + number(0, 12) +
                 number(out.size(), 4) + name;
    out += "PK\x03\x04" + number(20, 2) + number(0, 2) + number(0, 2) + number(0, 8) + sizes + number(0, 2) + name +
           content;
  }
  const std::size_t at = out.size();
  return out + directory + "PK\x05\x06" + number(0, 4) + number(files.size(), 2) + number(files.size(), 2) +
         number(directory.size(), 4) + number(at, 4) + number(0, 2);
}

TEST(ReportFiles, Zip) {
  const std::string xml = write_aggregate_report(sample());
  EXPECT_THAT(unpack_report(zip({{"a/", ""}, {"a/readme.txt", "x"}, {"a/R.XML", xml}}), {}), ElementsAre(xml));
  EXPECT_THAT(unpack_report(zip({{"report", xml}}), {}), ElementsAre(xml));
  const std::string whole = zip({{"r.xml", xml}});
  for (std::size_t size = 4; size + 2 < whole.size(); ++size) {  // its comment's length is not looked at
    EXPECT_NE(wrong(whole.substr(0, size)), "good") << size;
  }
  EXPECT_EQ(wrong(zip({{"r.xml", xml}}, 100'000'000)), "it unpacks to more than 67108864 octets");
  std::vector<std::pair<std::string, std::string>> many(21, {"r.xml", xml});
  EXPECT_EQ(wrong(zip(many)), "the zip file holds 21 files");
  EXPECT_EQ(wrong(zip({{"a.xml", xml}, {"b.xml", xml}}), {.octets = xml.size() + 10}),
            "it unpacks to more than 10 octets");
}

TEST(SenderTable, SumsUp) {
  SenderTable table;
  AggregateReport report = sample();
  EXPECT_TRUE(table.add(report));
  EXPECT_FALSE(table.add(report));
  report.report_id = "id.2";
  report.records[0].count = ~std::uint64_t{0};
  EXPECT_TRUE(table.add(report));
  const std::vector<Sender> senders = table.senders();
  ASSERT_EQ(senders.size(), 2U);
  EXPECT_EQ(senders[0].source_ip, "192.0.2.1");
  EXPECT_EQ(senders[0].messages, ~std::uint64_t{0});
  EXPECT_EQ(senders[1].messages, 6U);
  EXPECT_EQ(senders[1].passed, 0U);
  EXPECT_EQ(senders[1].quarantined, 6U);
  EXPECT_THAT(senders[1].authenticated, ElementsAre("list.test", "one.test"));
  EXPECT_THAT(senders[1].reporters, ElementsAre("Receiver & Sons"));
}

/// "TrustedForwarder" of the corpus is "trusted_forwarder" of the RFC.
std::string value_of(const json::value& value) {
  if (!value.is_string()) {
    return {};
  }
  const std::string text(value.as_string());
  return text == "Unspecified" ? "" : text;
}
std::string word_of(const json::value& value) {
  const std::string word = to_lower(value_of(value));
  return word == "mailfrom" ? "mfrom" : word == "relaxed" ? "r" : word == "strict" ? "s" : word;
}

void compare_results(const std::vector<ReportedResult>& results, const json::array& expected) {
  ASSERT_EQ(results.size(), expected.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    const json::object& one = expected[i].as_object();
    EXPECT_EQ(results[i].domain, value_of(one.at("domain")));
    EXPECT_EQ(results[i].result, word_of(one.at("result")));
    EXPECT_EQ(results[i].human_result, value_of(one.at("human_result")));
    EXPECT_EQ(results[i].selector, one.contains("selector") ? value_of(one.at("selector")) : "");
    EXPECT_EQ(results[i].scope, one.contains("scope") ? word_of(one.at("scope")) : "");
  }
}

void compare(const AggregateReport& report, const json::object& expected) {
  const json::object& metadata = expected.at("report_metadata").as_object();
  EXPECT_EQ(report.org_name, value_of(metadata.at("org_name")));
  EXPECT_EQ(report.email, value_of(metadata.at("email")));
  EXPECT_EQ(report.report_id, value_of(metadata.at("report_id")));
  EXPECT_EQ(report.extra_contact_info, value_of(metadata.at("extra_contact_info")));
  EXPECT_EQ(report.begin.time_since_epoch().count(), metadata.at("date_range").at("begin").as_int64());
  EXPECT_EQ(report.end.time_since_epoch().count(), metadata.at("date_range").at("end").as_int64());
  const json::object& policy = expected.at("policy_published").as_object();
  EXPECT_EQ(report.policy.domain, value_of(policy.at("domain")));
  EXPECT_EQ(report.policy.p, word_of(policy.at("p")));
  EXPECT_EQ(report.policy.sp, word_of(policy.at("sp")));
  EXPECT_EQ(report.policy.np, policy.contains("np") ? word_of(policy.at("np")) : "");
  EXPECT_EQ(report.policy.adkim, word_of(policy.at("adkim")));
  EXPECT_EQ(report.policy.fo, value_of(policy.at("fo")));
  const json::array& records = expected.at("record").as_array();
  ASSERT_EQ(report.records.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const AggregateRecord& record = report.records[i];
    const json::object& row = records[i].at("row").as_object();
    EXPECT_EQ(record.source_ip, value_of(row.at("source_ip")));
    EXPECT_EQ(record.count, static_cast<std::uint64_t>(row.at("count").as_int64()));
    const json::object& evaluated = row.at("policy_evaluated").as_object();
    EXPECT_EQ(record.disposition, word_of(evaluated.at("disposition")));
    EXPECT_EQ(record.dkim, word_of(evaluated.at("dkim")));
    EXPECT_EQ(record.spf, word_of(evaluated.at("spf")));
    EXPECT_EQ(record.reasons.size(), evaluated.at("reason").as_array().size());
    const json::object& identifiers = records[i].at("identifiers").as_object();
    EXPECT_EQ(record.header_from, value_of(identifiers.at("header_from")));
    EXPECT_EQ(record.envelope_from, value_of(identifiers.at("envelope_from")));
    EXPECT_EQ(record.envelope_to, value_of(identifiers.at("envelope_to")));
    compare_results(record.dkim_results, records[i].at("auth_results").at("dkim").as_array());
    compare_results(record.spf_results, records[i].at("auth_results").at("spf").as_array());
  }
}

TEST(AggregateReport, CorpusAsExpected) {
  POSTHOUSE_NEEDS_CORPUS("mail-auth-2/dmarc-feedback");
  std::size_t count = 0;
  for (const char* folder : {"mail-auth/dmarc-feedback", "mail-auth-2/dmarc-feedback"}) {
    for (const auto& expectation : files_in(folder, ".json")) {
      for (const char* ending : {".xml", ".eml"}) {
        auto file = expectation;
        file.replace_extension(ending);
        if (!std::filesystem::exists(file)) {
          continue;
        }
        SCOPED_TRACE(file.string());
        const std::string octets = read_file(file);
        const auto reports = std::string(ending) == ".xml" ? read_aggregate_reports(octets)
                                                           : read_aggregate_reports(mime::Message::view(octets));
        ASSERT_EQ(reports.size(), 1U);
        compare(reports[0], json::parse(read_file(expectation)).as_object());
        ++count;
      }
    }
  }
  EXPECT_GE(count, 8U);
}

TEST(AggregateReport, CorpusOfMails) {
  POSTHOUSE_NEEDS_CORPUS("mox-reports/dmarc-reports");
  for (const auto& file : files_in("mox-reports/dmarc-reports", ".eml")) {
    SCOPED_TRACE(file.string());
    const std::string octets = read_file(file);
    for (const AggregateReport& report : read_aggregate_reports(mime::Message::view(octets))) {
      EXPECT_FALSE(report.org_name.empty() || report.report_id.empty() || report.policy.domain.empty());
      ASSERT_FALSE(report.records.empty());
      EXPECT_NE(report.records[0].count, 0U);
    }
  }
}

}  // namespace
}  // namespace posthouse::mailauth
