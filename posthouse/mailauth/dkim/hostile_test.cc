// What strangers send to make a verifier slow, large or wrong. That it is fast is seen in the sizes: what is quadratic
// does not end within the test's time.
#include <gtest/gtest.h>

#include "posthouse/base/base64.h"
#include "posthouse/base/digest.h"
#include "posthouse/mailauth/testing/examples.h"
#include "posthouse/mailauth/testing/signed.h"

namespace posthouse::mailauth {
namespace {

TEST(DkimHostile, AThousandSignatures) {
  std::string message;
  const std::string field = sign(test_message());
  for (int i = 0; i < 1'000; ++i) {
    message += field;
  }
  testing::ZoneResolver resolver = test_keys().resolver();
  DkimVerifier verifier(resolver, {.now = test_time});
  feed(verifier, message + test_message());
  const auto results = verifier.finish();
  EXPECT_EQ(results.size(), 10U);
  EXPECT_EQ(verifier.not_looked_at(), 990U);
  EXPECT_EQ(results[9].verdict, Verdict::pass);
}

TEST(DkimHostile, ALongListOfFields) {
  SigningOptions options;
  std::string names = "h=from";
  for (int i = 0; i < 100'000; ++i) {
    names += i % 2 == 0 ? ":x" : ":subject";
  }
  const std::string field = replaced(sign(test_message(), options), "h=from", names);
  for (const auto& result : {verify_one(field + test_message(), {.steps = true})}) {
    EXPECT_EQ(result.verdict, Verdict::fail);
  }
}

TEST(DkimHostile, ManyFieldsOfOneName) {
  std::string message;
  for (int i = 0; i < 9'000; ++i) {
    message += "Subject: " + std::to_string(i) + "\r\n";
  }
  message += test_message();
  EXPECT_EQ(verify_one(sign(message) + message).verdict, Verdict::pass);
}

TEST(DkimHostile, WhiteSpaceWithoutEnd) {
  const std::string megabyte(1'000'000, ' ');
  std::string tabs = megabyte;
  for (std::size_t i = 0; i < tabs.size(); i += 2) {
    tabs[i] = '\t';
  }
  std::string lines;
  std::string returns;
  for (int i = 0; i < 500'000; ++i) {
    lines += "\r\n";
    returns += i % 2 == 0 ? "\r" : "\r\r ";
  }
  for (const std::string& bulk : {megabyte, tabs, lines, returns, lines + "x" + lines}) {
    const std::string message = "From: a@example.test\r\n\r\n" + bulk + "end";
    EXPECT_EQ(verify_one(sign(message) + message).verdict, Verdict::pass);
  }
  const std::string folded = "From: a@example.test\r\nSubject:" + megabyte.substr(0, 500'000) + "x\r\n\r\nbody";
  EXPECT_EQ(verify_one(sign(folded) + folded).verdict, Verdict::pass);
}

TEST(DkimHostile, AHeaderWithoutEnd) {
  testing::ZoneResolver resolver = rfc8463_keys();
  DkimVerifier verifier(resolver);
  verifier.add(rfc8463_message().substr(0, 1000));
  const std::string line(65'536, 'x');
  for (int i = 0; i < 100; ++i) {
    verifier.add("\r\nX: " + line);
  }
  const auto results = verifier.finish();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].verdict, Verdict::permerror);
  EXPECT_TRUE(resolver.questions.empty());
}

// Whoever may put octets behind what was signed shows what the signer never saw (RFC 6376 section 8.2).
TEST(DkimHostile, OctetsBehindWhatWasSigned) {
  // Our signer writes no l=.
  const std::string body = "signed\r\n";
  const std::string header = "From: a@example.test\r\n";
  const std::string tags =
      "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.test; s=ed; l=8; h=from; bh=" + base64_encode(sha256(body)) +
      "; b=";
  const std::string signed_octets = "from:a@example.test\r\ndkim-signature:" + tags;
  const std::string field =
      "DKIM-Signature: " + tags + base64_encode(test_keys().ed25519.sign(sha256(signed_octets))) + "\r\n";
  const std::string whole = field + header + "\r\n" + body;
  EXPECT_EQ(verify_one(whole).verdict, Verdict::pass) << verify_one(whole).reason;
  EXPECT_EQ(verify_one(whole + "\r\n\r\n").verdict, Verdict::pass) << "empty lines are no more body";
  const DkimResult more = verify_one(whole + "<h1>never signed</h1>\r\n");
  EXPECT_EQ(more.verdict, Verdict::policy);
  EXPECT_EQ(more.body_length, 8U);
  EXPECT_GT(more.body_size, 8U);
  EXPECT_EQ(verify_one(whole + "more\r\n", {.require_whole_body = false}).verdict, Verdict::pass);
  EXPECT_EQ(verify_one(field + header + "\r\nsigned").verdict, Verdict::pass);
  EXPECT_EQ(verify_one(field + header + "\r\nsign").verdict, Verdict::fail) << "shorter than it was signed";
}

TEST(DkimHostile, TextFromOutsideIsPrintable) {
  const std::string field =
      "DKIM-Signature: v=1; a=\x1b[31mrsa; d=example.test; s=ed; h=from; bh=YQ==; b=\xff\xfe\x80zzzzzzzz\r\n";
  const DkimResult result = verify_one(field + test_message(), {.steps = true});
  EXPECT_EQ(result.verdict, Verdict::neutral);
  for (const std::string& step : result.steps) {
    EXPECT_EQ(step.find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(result.reason.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace posthouse::mailauth
