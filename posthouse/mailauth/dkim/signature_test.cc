#include "posthouse/mailauth/dkim/signature.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::mailauth {
namespace {

constexpr const char* digest = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";

std::string field(const std::string& tags) {
  return "DKIM-Signature: " + tags + "\r\n";
}

// The tags of a sound signature, with one of them changed: an empty `value` drops it.
std::string tags_with(const std::string& name, const std::string& value) {
  std::string out;
  for (const auto& [tag, content] : std::vector<std::pair<std::string, std::string>>{{"v", "1"},
                                                                                     {"a", "rsa-sha256"},
                                                                                     {"d", "example.org"},
                                                                                     {"s", "mail"},
                                                                                     {"h", "from:to"},
                                                                                     {"bh", digest},
                                                                                     {"b", "YWJj"}}) {
    const std::string& text = tag == name ? value : content;
    out += text.empty() ? "" : tag + "=" + text + "; ";
  }
  const bool is_new = std::string("v a d s h bh b").find(name) == std::string::npos;
  return is_new ? out + name + "=" + value : out;
}

SignatureReading read(const std::string& name, const std::string& value) {
  return read_signature(field(tags_with(name, value)), SignatureKind::dkim);
}

TEST(Signature, IsReadWhole) {
  const std::string text =
      "DKIM-Signature: v=1; a=RSA-SHA256; c=relaxed/simple; d=B\xC3\xBC"
      "cher.Test; s=Mail.2026;\r\n"
      "\tq=dns/txt; i=ann+x@mx.xn--bcher-kva.test; l=12; t=100; x=200;\r\n\th=From : To\r\n\t : Subject; "
      "z=a|b;\r\n\tbh=" +
      std::string(digest) + ";\r\n\tb=YWJj\r\n\t ZGVm ; unknown=1;\r\n";
  const SignatureReading reading = read_signature(text, SignatureKind::dkim);
  ASSERT_EQ(reading.fault, Verdict::none) << reading.reason;
  const Signature& signature = reading.signature;
  EXPECT_EQ(signature.algorithm, "rsa-sha256");
  EXPECT_EQ(signature.domain, "xn--bcher-kva.test");
  EXPECT_EQ(signature.selector, "mail.2026");
  EXPECT_EQ(signature.identity_domain, "mx.xn--bcher-kva.test");
  EXPECT_EQ(signature.header, Canonicalization::relaxed);
  EXPECT_EQ(signature.body, Canonicalization::simple);
  EXPECT_EQ(signature.body_length, 12U);
  EXPECT_EQ(signature.signed_at->time_since_epoch().count(), 100);
  EXPECT_EQ(signature.expires_at->time_since_epoch().count(), 200);
  EXPECT_EQ(signature.fields, (std::vector<std::string>{"from", "to", "subject"}));
  EXPECT_EQ(signature.signature, "abcdef");
  EXPECT_EQ(signature.signature_start, "YWJjZGVm");
  EXPECT_EQ(text.substr(signature.value_begin, signature.value_end - signature.value_begin), "YWJj\r\n\t ZGVm ");
}

TEST(Signature, HasDefaults) {
  const SignatureReading reading = read("q", "dns/txt");
  ASSERT_EQ(reading.fault, Verdict::none) << reading.reason;
  EXPECT_EQ(reading.signature.identity, "@example.org");
  EXPECT_EQ(reading.signature.header, Canonicalization::simple);
  EXPECT_EQ(reading.signature.body, Canonicalization::simple);
  EXPECT_FALSE(reading.signature.body_length);
  EXPECT_EQ(read("c", "relaxed").signature.body, Canonicalization::simple);
}

TEST(Signature, ThatCannotBeUnderstoodIsNeutral) {
  for (const char* tag : {"v", "a", "d", "s", "h", "bh", "b"}) {
    EXPECT_EQ(read(tag, "").fault, Verdict::neutral) << tag;
  }
  const std::pair<const char*, const char*> cases[] = {{"v", "2"},
                                                       {"v", "1 0"},
                                                       {"a", "rsa-sha512"},
                                                       {"a", "sha256"},
                                                       {"d", "a..b"},
                                                       {"d", "[192.0.2.1]"},
                                                       {"d", "-a.test"},
                                                       {"s", "a b"},
                                                       {"c", "relaxed/"},
                                                       {"c", "nowsp"},
                                                       {"c", "simple/simple/simple"},
                                                       {"h", "from:"},
                                                       {"h", "from::to"},
                                                       {"bh", "YWJj"},
                                                       {"bh", "*"},
                                                       {"b", "*"},
                                                       {"l", "-1"},
                                                       {"l", "ten"},
                                                       {"t", "yesterday"},
                                                       {"x", "1.5"},
                                                       {"i", "example.org"},
                                                       {"i", "a@b@"},
                                                       {"q", "dns/mx"}};
  for (const auto& [tag, value] : cases) {
    EXPECT_EQ(read(tag, value).fault, Verdict::neutral) << tag << "=" << value;
    EXPECT_FALSE(read(tag, value).reason.empty());
  }
  for (const char* text :
       {"DKIM-Signature:\r\n", "DKIM-Signature", "", "DKIM-Signature: \r\n", ":", "DKIM-Signature: b"}) {
    EXPECT_EQ(read_signature(text, SignatureKind::dkim).fault, Verdict::neutral) << text;
  }
}

TEST(Signature, ThatProvesNothingIsVoid) {
  EXPECT_EQ(read("a", "rsa-sha1").fault, Verdict::permerror);
  EXPECT_EQ(read("h", "to:subject").fault, Verdict::permerror);
  EXPECT_EQ(read("i", "ann@example.net").fault, Verdict::permerror);
  EXPECT_EQ(read("i", "ann@badexample.org").fault, Verdict::permerror);
  EXPECT_EQ(read("i", "@mail.example.org").fault, Verdict::none);
  EXPECT_EQ(read_signature(field(tags_with("t", "200; x=200")), SignatureKind::dkim).fault, Verdict::permerror);
}

TEST(Signature, ThatIsSignedIsThatWithoutItsValue) {
  for (const char* text :
       {"DKIM-Signature: v=1; b=abc\r\n\tdef; c=simple/simple\r\n", "DKIM-Signature: v=1; b =abc\r\n def\r\n"}) {
    const Signature signature = read_signature(text, SignatureKind::dkim).signature;
    std::string out;
    append_unsigned_field(out, text, signature);
    EXPECT_TRUE(out == "DKIM-Signature: v=1; b=; c=simple/simple" || out == "DKIM-Signature: v=1; b =") << out;
  }
}

}  // namespace
}  // namespace posthouse::mailauth
