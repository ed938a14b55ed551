#include "posthouse/mailauth/dkim/verifier.h"

#include <gtest/gtest.h>

#include "posthouse/mailauth/keys/key_cache.h"
#include "posthouse/mailauth/testing/examples.h"
#include "posthouse/mailauth/testing/signed.h"

namespace posthouse::mailauth {
namespace {

TEST(DkimVerifier, VerifiesTheExampleOfRfc8463) {
  for (const std::size_t piece : {1U, 13U, 100'000U}) {
    testing::ZoneResolver resolver = rfc8463_keys();
    const auto results = verify(rfc8463_message(), resolver, {}, piece);
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].verdict, Verdict::pass) << results[0].reason;
    EXPECT_EQ(results[0].algorithm, "ed25519-sha256");
    EXPECT_EQ(results[0].key_bits, 256U);
    EXPECT_EQ(results[0].signature_start, "/gCrinpc");
    EXPECT_EQ(results[1].verdict, Verdict::pass) << results[1].reason;
    EXPECT_EQ(results[1].algorithm, "rsa-sha256");
    EXPECT_EQ(results[1].key_bits, 1024U);
    EXPECT_EQ(results[1].identity, "@football.example.com");
    EXPECT_EQ(results[1].signed_at->time_since_epoch().count(), 1528637909);
  }
}

TEST(DkimVerifier, VerifiesTheExampleOfRfc6376) {
  testing::ZoneResolver resolver;
  resolver.txt("brisbane._domainkey.example.com", rfc6376_record);
  const auto results = verify(rfc6376_message(), resolver);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].verdict, Verdict::pass) << results[0].reason;
  EXPECT_EQ(results[0].identity, "joe@football.example.com");
  EXPECT_EQ(*authentication_result(results[0]).find("header.i"), "joe@football.example.com");
  for (const char* from : {"  by submit", "Subject: Is", "Joe.\r\n"}) {
    EXPECT_EQ(verify(replaced(rfc6376_message(), from, " " + std::string(from)), resolver)[0].verdict, Verdict::fail)
        << "nothing may change in the simple form";
  }
  testing::ZoneResolver strict;
  strict.txt("brisbane._domainkey.example.com", std::string(rfc6376_record) + "; t=s");
  EXPECT_EQ(verify(rfc6376_message(), strict)[0].verdict, Verdict::permerror) << "i= is a subdomain";
}

TEST(DkimVerifier, TakesLinesThatEndInLfAsWell) {
  testing::ZoneResolver resolver = rfc8463_keys();
  std::string message = rfc8463_message();
  std::erase(message, '\r');
  for (const DkimResult& result : verify(message, resolver)) {
    EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  }
}

TEST(DkimVerifier, SaysNoneWhereThereIsNoSignature) {
  testing::ZoneResolver resolver;
  EXPECT_TRUE(verify("From: a@b.test\r\n\r\nx", resolver).empty());
  EXPECT_TRUE(verify("", resolver).empty());
  EXPECT_TRUE(resolver.questions.empty());
}

TEST(DkimVerifier, SeesEveryChange) {
  const std::string message = rfc8463_message();
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"Is dinner", "Is Dinner"},
           {"hungry", "angry"},
           {"Joe.\r\n", "Joe!\r\n"},
           {"Suzie Q", "Suzie  R"},
           {"From: Joe", "From: Ann <ann@football.example.com>\r\nFrom: Joe"},
           {"t=1528637909", "t=1528637908"},
           {"Subject: Is", "Subject: x\r\nSubject: Is"}}) {
    testing::ZoneResolver resolver = rfc8463_keys();
    const auto results = verify(replaced(message, from, to), resolver);
    EXPECT_EQ(results[0].verdict, Verdict::fail) << from;
  }
}

TEST(DkimVerifier, LetsRelaxedFormsPass) {
  const std::string message = rfc8463_message();
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"Subject: Is dinner", "SUBJECT :\r\n  Is\t dinner"},
                                                        {"hungry yet?", "hungry\t yet?  "},
                                                        {"Joe.\r\n", "Joe.\r\n \r\n\t\r\n\r\n"},
                                                        {"Joe.\r\n", "Joe."},
                                                        {"From: Joe", "X-New: 1\r\nFrom: Joe"}}) {
    testing::ZoneResolver resolver = rfc8463_keys();
    const auto results = verify(replaced(message, from, to), resolver);
    EXPECT_EQ(results[0].verdict, Verdict::pass) << from << results[0].reason;
  }
}

DkimResult verify_with(const std::vector<std::string>& texts, DkimOptions options = {}) {
  testing::ZoneResolver resolver({{"brisbane._domainkey.football.example.com", texts}});
  return verify(rfc8463_message(), resolver, std::move(options)).front();
}

TEST(DkimVerifier, HeedsWhatTheRecordSays) {
  const std::string record = rfc8463_ed25519_record;
  EXPECT_EQ(verify_with({record + "; s=tlsrpt"}).verdict, Verdict::permerror);
  EXPECT_EQ(verify_with({record + "; s=email"}).verdict, Verdict::pass);
  EXPECT_EQ(verify_with({record + "; h=sha1"}).verdict, Verdict::permerror);
  EXPECT_EQ(verify_with({record + "; h=sha1:sha256"}).verdict, Verdict::pass);
  EXPECT_EQ(verify_with({record + "; t=s"}).verdict, Verdict::pass);
  EXPECT_EQ(verify_with({"v=DKIM1; k=ed25519; p="}).reason, "the key has been revoked");
  EXPECT_EQ(verify_with({"v=DKIM1; k=ed2014; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}).verdict,
            Verdict::permerror);
  EXPECT_EQ(verify_with({rfc8463_rsa_record}).verdict, Verdict::permerror);
  EXPECT_EQ(verify_with({"v=spf1 -all", record}).verdict, Verdict::pass);
  EXPECT_EQ(verify_with({"v=spf1 -all"}).verdict, Verdict::permerror);
  const DkimResult testing = verify_with({record + "; t=y"});
  EXPECT_EQ(testing.verdict, Verdict::pass);
  EXPECT_TRUE(testing.testing);
}

// What RFC 6376 section 3.6.2.2 leaves undefined: the one that fits counts.
TEST(DkimVerifier, TriesSeveralKeys) {
  const std::string other = test_keys().ed25519.record_text();
  EXPECT_EQ(verify_with({other, rfc8463_ed25519_record}).verdict, Verdict::pass);
  EXPECT_EQ(verify_with({other, other, other, rfc8463_ed25519_record}).verdict, Verdict::fail) << "within bounds";
}

TEST(DkimVerifier, TellsWhetherTheDnsIsToBlame) {
  testing::ZoneResolver resolver;
  resolver.timeout("brisbane._domainkey.football.example.com");
  const auto results = verify(rfc8463_message(), resolver);
  EXPECT_EQ(results[0].verdict, Verdict::temperror);
  EXPECT_EQ(results[1].verdict, Verdict::permerror);
  testing::ZoneResolver signed_resolver = rfc8463_keys();
  signed_resolver.secure = true;
  EXPECT_TRUE(verify(rfc8463_message(), signed_resolver)[0].secure);
}

TEST(DkimVerifier, AsksForEachKeyOnce) {
  testing::ZoneResolver resolver = test_keys().resolver();
  const std::string fields = sign(test_message());
  const auto results = verify(fields + fields + fields + test_message(), resolver);
  EXPECT_EQ(results.size(), 3U);
  EXPECT_EQ(resolver.questions.size(), 1U);
}

TEST(DkimVerifier, HeedsTheTime) {
  SigningOptions options;
  options.valid_for = std::chrono::hours(1);
  const std::string message = sign(test_message(), options) + test_message();
  const auto at = [&](std::chrono::seconds after) { return verify_one(message, {.now = test_time + after}).verdict; };
  using namespace std::chrono_literals;
  EXPECT_EQ(at(0s), Verdict::pass);
  EXPECT_EQ(at(-300s), Verdict::pass) << "clocks differ";
  EXPECT_EQ(at(-301s), Verdict::fail);
  EXPECT_EQ(at(3900s), Verdict::pass);
  EXPECT_EQ(at(3901s), Verdict::fail);
  EXPECT_NE(verify_one(message, {.now = test_time + 48h}).reason.find("expired at 2023-11-14 23:13:20 UTC"),
            std::string::npos);
}

TEST(DkimVerifier, WeakAndHugeKeysAreNotAcceptable) {
  const std::string message = sign(test_message(), {}, KeyType::rsa) + test_message();
  EXPECT_EQ(verify_one(message).verdict, Verdict::pass);
  EXPECT_EQ(verify_one(message, {.least_rsa_bits = 1025}).verdict, Verdict::policy);
  EXPECT_EQ(verify_one(message, {.most_rsa_bits = 1023}).verdict, Verdict::policy);
  EXPECT_EQ(verify_one(message, {.most_rsa_bits = 1023}).key_bits, 1024U);
}

TEST(DkimVerifier, SharesKeysAmongMessages) {
  DkimOptions options;
  options.keys = std::make_shared<KeyCache>();
  const std::string message = sign(test_message()) + test_message();
  EXPECT_EQ(verify_one(message, options).verdict, Verdict::pass);
  EXPECT_EQ(verify_one(message, options).verdict, Verdict::pass);
}

// The same octets, read once by two verifiers.
TEST(DkimVerifier, SharesAMessage) {
  testing::ZoneResolver resolver = rfc8463_keys();
  const auto message = std::make_shared<SignedMessage>();
  DkimVerifier one(message, resolver, {.steps = true});
  DkimVerifier two(message, resolver);
  {
    const DkimVerifier gone(message, resolver);
  }
  feed(*message, rfc8463_message(), 50);
  const auto results = one.finish();
  EXPECT_EQ(results[0].verdict, Verdict::pass);
  EXPECT_EQ(two.finish()[1].verdict, Verdict::pass);
  ASSERT_GE(results[0].steps.size(), 4U);
  EXPECT_EQ(results[0].steps.front(),
            "signature: d=football.example.com s=brisbane a=ed25519-sha256 c=relaxed/relaxed");
  EXPECT_EQ(results[0].steps.back(), "pass");
}

TEST(DkimResult, AsAuthenticationResult) {
  testing::ZoneResolver resolver = rfc8463_keys();
  const auto result = authentication_result(verify(rfc8463_message(), resolver)[1]);
  EXPECT_EQ(result.method, "dkim");
  EXPECT_EQ(result.result, "pass");
  EXPECT_EQ(result.comment, "1024-bit key");
  EXPECT_EQ(*result.find("header.d"), "football.example.com");
  EXPECT_EQ(*result.find("header.s"), "test");
  EXPECT_EQ(*result.find("header.a"), "rsa-sha256");
  EXPECT_EQ(*result.find("header.b"), "F45dVWDf");
  EXPECT_EQ(result.find("header.i"), nullptr) << "it says no more than d=";
}

}  // namespace
}  // namespace posthouse::mailauth
