#include <gtest/gtest.h>

#include "posthouse/mailauth/arc/sealer.h"
#include "posthouse/mailauth/arc/verifier.h"
#include "posthouse/mailauth/testing/signed.h"

namespace posthouse::mailauth {
namespace {

testing::ZoneResolver house_keys(const std::vector<std::string>& houses = {"one.test", "two.test", "three.test"}) {
  testing::ZoneResolver resolver;
  for (const std::string& house : houses) {
    resolver.txt("arc._domainkey." + house, test_keys().ed25519.record_text());
  }
  return resolver;
}

mime::AuthenticationResults found_out(const std::string& house) {
  return {.authserv_id = house,
          .results = {{.method = "spf",
                       .result = "pass",
                       .properties = {{.type = "smtp", .name = "mailfrom", .value = "ann@example.test"}}}}};
}

ArcResult verify_chain(const std::string& message, testing::ZoneResolver& resolver, DkimOptions options = {}) {
  options.now = test_time;
  ArcVerifier verifier(resolver, std::move(options));
  feed(verifier, message, 1000);
  return verifier.finish();
}

// The message as it leaves a house that verified and sealed it.
std::string sealed_by(const std::string& house, const std::string& message, testing::ZoneResolver& resolver) {
  const auto read = std::make_shared<SignedMessage>();
  ArcVerifier verifier(read, resolver, {.now = test_time});
  SigningOptions options;
  options.now = test_time;
  ArcSealer sealer(read, {mail::Domain(house), "arc", test_keys().ed25519}, options);
  feed(*read, message);
  const Verdict verdict = verifier.finish().verdict;
  return sealer.seal(verdict, found_out(house)) + message;
}

std::string sealed_by_three(testing::ZoneResolver& resolver) {
  return sealed_by("three.test", sealed_by("two.test", sealed_by("one.test", test_message(), resolver), resolver),
                   resolver);
}

TEST(Arc, AChainIsSealedAndVerified) {
  testing::ZoneResolver resolver = house_keys();
  EXPECT_EQ(verify_chain(test_message(), resolver).verdict, Verdict::none);
  const ArcResult chain = verify_chain(sealed_by_three(resolver), resolver, {.steps = true});
  EXPECT_EQ(chain.verdict, Verdict::pass) << chain.reason;
  ASSERT_EQ(chain.sets.size(), 3U);
  EXPECT_EQ(chain.sets[0].domain, "one.test");
  EXPECT_EQ(chain.sets[0].chain, "none");
  EXPECT_EQ(chain.sets[2].chain, "pass");
  EXPECT_EQ(chain.sets[1].results.authserv_id, "two.test");
  EXPECT_EQ(chain.sets[1].results.find("spf")->result, "pass");
  EXPECT_EQ(chain.oldest_pass, 1U);
  EXPECT_EQ(chain.steps.back(), "pass");
  const auto result = authentication_result(chain, "192.0.2.1");
  EXPECT_EQ(result.comment, "i=3");
  EXPECT_EQ(*result.find("header.oldest-pass"), "1");
  EXPECT_EQ(*result.find("smtp.remote-ip"), "192.0.2.1");
}

// A list puts its own text under the message and seals what it sends.
TEST(Arc, TellsSinceWhenNobodyChangedTheMessage) {
  testing::ZoneResolver resolver = house_keys();
  const std::string changed = sealed_by("one.test", test_message(), resolver) + "-- the list\r\n";
  EXPECT_EQ(verify_chain(changed, resolver).verdict, Verdict::fail);
  const auto before = std::make_shared<SignedMessage>();
  SigningOptions options;
  options.now = test_time;
  ArcSealer sealer(before, {mail::Domain("two.test"), "arc", test_keys().ed25519}, options);
  feed(*before, changed);
  const ArcResult chain = verify_chain(sealer.seal(Verdict::pass, found_out("two.test")) + changed, resolver);
  EXPECT_EQ(chain.verdict, Verdict::pass) << chain.reason;
  EXPECT_EQ(chain.oldest_pass, 2U);
  EXPECT_EQ(chain.sets[0].message, Verdict::fail);
  EXPECT_EQ(chain.sets[0].seal, Verdict::pass);
}

TEST(Arc, SeesEveryChange) {
  testing::ZoneResolver resolver = house_keys();
  const std::string message = sealed_by_three(resolver);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"i=1; one.test", "i=1; ten.test"},
           {"Hello", "Hullo"},
           {"cv=none", "cv=pass"},
           {"ARC-Seal: a=ed25519-sha256", "ARC-Seal: a=rsa-sha1"},
           {"ARC-Authentication-Results: i=2", "X-Authentication-Results: i=2"},
           {"ARC-Authentication-Results: i=2", "ARC-Authentication-Results: i=1"},
           {"ARC-Authentication-Results: i=2", "ARC-Authentication-Results: i=51"},
           {"Subject:", "Subject: x\r\nSubject:"},
           {"ARC-Seal: ", "ARC-Seal: h=from; "},
           {"ARC-Seal: ", "ARC-Seal: i=3; a=b\r\nARC-Seal: "}}) {
    const ArcResult result = verify_chain(replaced(message, from, to), resolver);
    EXPECT_EQ(result.verdict, Verdict::fail) << from;
    EXPECT_FALSE(result.reason.empty());
  }
}

TEST(Arc, ABrokenChainIsToldOnceAndNoMore) {
  testing::ZoneResolver resolver = house_keys();
  const std::string broken = replaced(sealed_by("one.test", test_message(), resolver), "Hello", "Hullo");
  const std::string told = sealed_by("two.test", broken, resolver);
  EXPECT_NE(told.find("cv=fail"), std::string::npos);
  EXPECT_EQ(verify_chain(told, resolver).verdict, Verdict::fail);
  EXPECT_EQ(sealed_by("three.test", told, resolver), told) << "nothing is added to it";
}

TEST(Arc, TellsWhetherTheDnsIsToBlame) {
  testing::ZoneResolver resolver = house_keys();
  const std::string message = sealed_by_three(resolver);
  testing::ZoneResolver silent = house_keys({"two.test", "three.test"});
  silent.timeout("arc._domainkey.one.test");
  EXPECT_EQ(verify_chain(message, silent).verdict, Verdict::temperror);
  testing::ZoneResolver without = house_keys({"one.test", "three.test"});
  EXPECT_EQ(verify_chain(message, without).verdict, Verdict::fail);
}

TEST(Arc, TrustsWhomItIsTold) {
  testing::ZoneResolver resolver = house_keys();
  ArcResult chain = verify_chain(sealed_by_three(resolver), resolver);
  const auto trusted = [&](std::vector<mail::Domain> domains) -> unsigned {
    const ArcSet* const set = trusted_set(chain, domains);
    return set == nullptr ? 0 : set->instance;
  };
  EXPECT_EQ(trusted({}), 0U);
  EXPECT_EQ(trusted({mail::Domain("one.test"), mail::Domain("two.test")}), 0U) << "the last one is not";
  EXPECT_EQ(trusted({mail::Domain("three.test")}), 3U);
  EXPECT_EQ(trusted({mail::Domain("three.test"), mail::Domain("one.test")}), 3U) << "there is a gap";
  EXPECT_EQ(trusted({mail::Domain("THREE.test"), mail::Domain("two.test")}), 2U);
  EXPECT_EQ(trusted({mail::Domain("test")}), 1U);
  chain.verdict = Verdict::fail;
  EXPECT_EQ(trusted({mail::Domain("test")}), 0U);
}

TEST(Arc, HasAtMostFiftySets) {
  testing::ZoneResolver resolver = house_keys();
  std::string message = test_message();
  for (int i = 0; i < 50; ++i) {
    message = sealed_by(i % 2 == 0 ? "one.test" : "two.test", message, resolver);
  }
  const ArcResult chain = verify_chain(message, resolver);
  EXPECT_EQ(chain.verdict, Verdict::pass) << chain.reason;
  EXPECT_EQ(chain.sets.size(), 50U);
  EXPECT_EQ(chain.oldest_pass, 1U);
  EXPECT_EQ(sealed_by("three.test", message, resolver), message);
  EXPECT_EQ(verify_chain("ARC-Seal: i=51\r\n" + message, resolver).verdict, Verdict::fail);
  std::string many;
  for (int i = 0; i < 3'000; ++i) {
    many += "ARC-Authentication-Results: i=" + std::to_string(i) + "; x; none\r\n";
  }
  EXPECT_EQ(verify_chain(many + test_message(), resolver).verdict, Verdict::fail);
}

}  // namespace
}  // namespace posthouse::mailauth
