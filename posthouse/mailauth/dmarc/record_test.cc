#include "posthouse/mailauth/dmarc/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mailauth/testing/corpus_records.h"

namespace posthouse::mailauth {
namespace {

using mime::corpus;

TEST(DmarcRecord, AllTags) {
  const auto record = DmarcRecord::parse(
      "V = DMARC1 ; P = reject ;\tSP=none; np=quarantine; psd=n; t=y; unknown \t=\t ignored ; adkim=s; aspf=S; "
      "rua=mailto:a@one.test  ,\t\tmailto:b@two.test!10m; RUF=https://one.test/x; FO = 0:1:d:s ; Pct = 25;");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->policy, DmarcPolicy::reject);
  EXPECT_EQ(record->subdomain_policy, DmarcPolicy::none);
  EXPECT_EQ(record->nonexistent_policy, DmarcPolicy::quarantine);
  EXPECT_EQ(record->psd, DmarcRecord::Psd::no);
  EXPECT_TRUE(record->testing && record->strict_dkim && record->strict_spf);
  EXPECT_EQ(record->percent, 25U);
  EXPECT_EQ(record->failure_options, "0:1:d:s");
  ASSERT_EQ(record->aggregate_uris.size(), 2U);
  EXPECT_EQ(record->aggregate_uris[1].uri, "mailto:b@two.test");
  EXPECT_EQ(record->aggregate_uris[1].max_octets, 10U << 20U);
  ASSERT_EQ(record->failure_uris.size(), 1U);
  EXPECT_THAT(record->problems, ::testing::IsEmpty());
}

// RFC 9989 section 4.7: what is wrong behind the version is left out.
TEST(DmarcRecord, WhatIsWrongHasItsDefault) {
  const auto record =
      DmarcRecord::parse("v=DMARC1;; p=reject; adkim=x; t=maybe; psd=q; fo=7; pct=110; rua=bogus; =; x");
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->usable());
  EXPECT_FALSE(record->strict_dkim || record->testing || record->bad_policy);
  EXPECT_EQ(record->percent, 100U);
  EXPECT_EQ(record->failure_options, "0");
  EXPECT_TRUE(record->aggregate_uris.empty());
  EXPECT_EQ(record->problems.size(), 8U);
}

// RFC 9989 section 4.10.1: with somewhere to report to it is as p=none, else as no record.
TEST(DmarcRecord, WithoutAPolicy) {
  for (const char* policy : {"", "p=bad; ", "p=reject; sp=bad; ", "p=reject; np=bad; ", "p=reject; sp=; "}) {
    const auto record = DmarcRecord::parse(std::string("v=DMARC1; ") + policy);
    ASSERT_TRUE(record) << policy;
    EXPECT_FALSE(record->usable()) << policy;
    const auto reporting = DmarcRecord::parse(std::string("v=DMARC1; ") + policy + "rua=mailto:a@one.test");
    ASSERT_TRUE(reporting) << policy;
    EXPECT_TRUE(reporting->usable() && reporting->bad_policy) << policy;
  }
}

TEST(DmarcRecord, IsNoneWithoutItsVersionOrWithATagTwice) {
  for (const char* text : {"", "v=", "v=DMARC12; p=none", "v=dmarc1; p=none", "p=none; v=DMARC1", "v=DMARC1 p=none",
                           "v=spf1 -all", "v=DMARC1; p=none; p=none", "v=DMARC1; rua=a; RUA=b"}) {
    EXPECT_FALSE(DmarcRecord::parse(text)) << text;
  }
  EXPECT_TRUE(DmarcRecord::parse("v=DMARC1"));
  EXPECT_TRUE(DmarcRecord::parse("v\t=  DMARC1;p=none"));
}

// The verdicts of the corpus are those of RFC 7489.
TEST(DmarcRecord, CorpusOfRecords) {
  POSTHOUSE_NEEDS_CORPUS("auth-records/records.tsv");
  std::size_t count = 0;
  for (auto [good, text] : corpus_records("dmarc-record-rfc7489")) {
    if (text == "v=DMARC1; sp=reject; p=reject") {
      good = true;  // RFC 9989 has no order behind the version
    }
    const auto record = DmarcRecord::parse(text);
    EXPECT_EQ(record && record->usable(), good) << text;
    ++count;
  }
  EXPECT_GE(count, 40U);
}

}  // namespace
}  // namespace posthouse::mailauth
