#include "posthouse/mailauth/verify.h"

#include <gtest/gtest.h>

#include "posthouse/mailauth/results/authentication_results.h"
#include "posthouse/mailauth/testing/examples.h"
#include "posthouse/mailauth/testing/zone_resolver.h"

namespace posthouse::mailauth {
namespace {

class Verify : public ::testing::Test {
 protected:
  Verify() {
    resolver_.txt("brisbane._domainkey.football.example.com", rfc8463_ed25519_record);
    resolver_.txt("test._domainkey.football.example.com", rfc8463_rsa_record);
    resolver_.txt("football.example.com", "v=spf1 ip4:192.0.2.1 -all");
    resolver_.txt("_dmarc.example.com", "v=DMARC1; p=reject");
    resolver_.txt("logo._bimi.example.com", "v=BIMI1; l=https://example.com/logo.svg");
  }
  static Envelope from(const char* ip) {
    return {net::Address(ip, 0), "mx.example.com", "joe@football.example.com", "here.test"};
  }

  testing::ZoneResolver resolver_;
};

TEST_F(Verify, AllMethodsTogether) {
  const MessageResults results = verify_message(rfc8463_message(), from("192.0.2.1"), resolver_);
  ASSERT_TRUE(results.spf && results.spf_helo && results.iprev && !results.bimi);
  EXPECT_EQ(results.spf->verdict, Verdict::pass);
  ASSERT_EQ(results.dkim.size(), 2U);
  EXPECT_EQ(results.dkim[0].verdict, Verdict::pass);
  EXPECT_EQ(results.arc.verdict, Verdict::none);
  EXPECT_EQ(results.dmarc.verdict, Verdict::pass);
  EXPECT_TRUE(results.dmarc.spf_aligned && results.dmarc.dkim_aligned);
  const std::string field = authentication_results_field(authentication_results(results, "here.test"));
  const auto read = mime::parse_authentication_results(std::string_view(field).substr(field.find(':') + 1));
  EXPECT_TRUE(read.valid) << field;
  EXPECT_EQ(read.authserv_id, "here.test");
  ASSERT_NE(read.find("dmarc"), nullptr) << field;
  EXPECT_EQ(read.find("dmarc")->result, "pass");
  EXPECT_EQ(read.results.size(), 7U) << field;
}

// Without an envelope DKIM alone decides, with an mbox's line in front of the message, too.
TEST_F(Verify, WithoutAnEnvelope) {
  const MessageResults results =
      verify_message("From joe Mon Nov 30 00:00:00 2026\r\n" + rfc8463_message(), {}, resolver_);
  EXPECT_FALSE(results.spf || results.iprev);
  EXPECT_EQ(results.dmarc.verdict, Verdict::pass);
  EXPECT_FALSE(results.dmarc.spf_aligned);
}

// A header too large to be kept hides nobody: nothing of it is believed.
TEST_F(Verify, AHeaderTooLargeIsRefused) {
  const MessageResults results = verify_message(
      "X-Filler: " + std::string(SignedMessage::most_header, 'x') + "\r\n" + rfc8463_message(), {}, resolver_);
  EXPECT_TRUE(results.dmarc.refuse);
  EXPECT_EQ(results.dmarc.verdict, Verdict::permerror);
}

TEST_F(Verify, InPieces) {
  for (const std::size_t size : {1UL, 7UL, 1000UL}) {
    MessageVerifier verifier(from("192.0.2.1"), resolver_);
    const std::string message = rfc8463_message();
    for (std::size_t at = 0; at < message.size(); at += size) {
      verifier.add(std::string_view(message).substr(at, size));
    }
    const MessageResults results = verifier.finish();
    EXPECT_EQ(results.dmarc.verdict, Verdict::pass) << size;
    ASSERT_EQ(results.dkim.size(), 2U) << size;
    EXPECT_EQ(results.dkim[1].verdict, Verdict::pass) << size;
  }
}

TEST_F(Verify, ASecondFromFieldIsRefused) {
  const MessageResults results =
      verify_message("From: boss@one.test\r\n" + rfc8463_message(), from("192.0.2.1"), resolver_);
  EXPECT_TRUE(results.dmarc.refuse);
  EXPECT_EQ(results.dmarc.verdict, Verdict::permerror);
}

TEST_F(Verify, ShowsThePictureThatIsAskedFor) {
  const MessageResults results =
      verify_message("BIMI-Selector: v=BIMI1; s=Logo\r\n" + rfc8463_message(), {}, resolver_, {.bimi = true});
  ASSERT_TRUE(results.bimi);
  EXPECT_EQ(results.bimi->location, "https://example.com/logo.svg");
  const MessageResults nasty =
      verify_message("BIMI-Selector: v=BIMI1; s=x._domainkey\r\n" + rfc8463_message(), {}, resolver_, {.bimi = true});
  EXPECT_EQ(nasty.bimi->selector, "default");
}

}  // namespace
}  // namespace posthouse::mailauth
