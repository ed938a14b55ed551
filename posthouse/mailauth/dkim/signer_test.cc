#include "posthouse/mailauth/dkim/signer.h"

#include <gtest/gtest.h>

#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/testing/signed.h"

namespace posthouse::mailauth {
namespace {

TEST(DkimSigner, SignsWhatVerifies) {
  for (const KeyType type : {KeyType::rsa, KeyType::ed25519}) {
    for (const Canonicalization header : {Canonicalization::simple, Canonicalization::relaxed}) {
      for (const Canonicalization body : {Canonicalization::simple, Canonicalization::relaxed}) {
        for (const std::string& message :
             {test_message(), std::string("From: a@example.test\r\n\r\n"), std::string("From: a@example.test"),
              std::string("\r\nno header"), crlf("From: a@example.test\nList-Id: <x>\nFrom: b@example.test\n\na\n")}) {
          SigningOptions options;
          options.header = header;
          options.body = body;
          const std::string field = sign(message, options, type);
          const DkimResult result = verify_one(field + message);
          EXPECT_EQ(result.verdict, Verdict::pass)
              << result.reason << to_string(type) << to_string(header) << to_string(body) << message;
          EXPECT_EQ(result.header, header);
          EXPECT_EQ(result.body, body);
        }
      }
    }
  }
}

TEST(DkimSigner, SignsWithSeveralKeysInOnePass) {
  DkimSigner signer({test_keys().signing(KeyType::rsa), test_keys().signing(KeyType::ed25519)}, {.now = test_time});
  feed(signer, test_message(), 3);
  const std::string fields = signer.finish();
  testing::ZoneResolver resolver = test_keys().resolver();
  const auto results = verify(fields + test_message(), resolver);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].algorithm, "rsa-sha256");
  EXPECT_EQ(results[1].algorithm, "ed25519-sha256");
  for (const DkimResult& result : results) {
    EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  }
}

TEST(DkimSigner, FoldsItsField) {
  for (const KeyType type : {KeyType::rsa, KeyType::ed25519}) {
    const std::string field = sign(test_message(), {}, type);
    EXPECT_TRUE(field.starts_with("DKIM-Signature: v=1; a="));
    EXPECT_TRUE(field.ends_with("\r\n"));
    for (const std::string_view line : split(field, '\n')) {
      EXPECT_LE(line.size(), 79U) << line;
      EXPECT_TRUE(line.empty() || line.starts_with("D") || line.starts_with("\t")) << line;
    }
  }
}

TEST(DkimSigner, NamesFieldsOnceMoreThanThereAre) {
  const DkimResult result = verify_one(sign(test_message()) + test_message());
  EXPECT_EQ(result.fields,
            (std::vector<std::string>{"from", "from", "reply-to", "to", "to", "cc", "subject", "subject", "date",
                                      "date", "message-id", "in-reply-to", "references", "mime-version", "mime-version",
                                      "content-type", "content-transfer-encoding"}));
  for (const char* field :
       {"From: x@y.test\r\n", "Subject: other\r\n", "Cc: x@y.test\r\n", "Content-Type: text/html\r\n"}) {
    EXPECT_EQ(verify_one(sign(test_message()) + field + test_message()).verdict, Verdict::fail) << field;
    EXPECT_EQ(verify_one(sign(test_message()) + replaced(test_message(), "MIME", field + std::string("MIME"))).verdict,
              Verdict::fail);
  }
  EXPECT_EQ(verify_one(sign(test_message()) + "Sender: list@y.test\r\n" + test_message()).verdict, Verdict::pass)
      << "what lists set may be added";
}

TEST(DkimSigner, SignsTheFieldsItIsTold) {
  SigningOptions options;
  options.fields = {"Subject", "received", "X-None", "subject"};
  options.oversigned = {"x-none"};
  const std::string field = sign(test_message(), options);
  const DkimResult result = verify_one(field + test_message());
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  EXPECT_EQ(result.fields, (std::vector<std::string>{"from", "subject", "received", "x-none"}));
}

TEST(DkimSigner, SaysWhenAndForHowLong) {
  SigningOptions options;
  options.valid_for = std::chrono::hours(24);
  const DkimResult result = verify_one(sign(test_message(), options) + test_message());
  EXPECT_EQ(result.signed_at, test_time);
  EXPECT_EQ(result.expires_at, test_time + std::chrono::hours(24));
  EXPECT_EQ(sign(test_message()).find("x="), std::string::npos);
}

TEST(DkimSigner, TakesBareLfForALineEnd) {
  std::string message = test_message();
  std::erase(message, '\r');
  EXPECT_EQ(sign(message), sign(test_message()));
}

TEST(DkimSigner, RefusesNamesThatNoKeyCanHave) {
  const auto code = [](const char* domain, const std::string& selector) {
    try {
      const DkimSigner signer({{mail::Domain(domain), selector, test_keys().ed25519}});
    } catch (const Error& error) {
      return std::string(to_string(error.errc()));
    }
    return std::string();
  };
  EXPECT_EQ(code("example.test", "a.b"), "");
  EXPECT_EQ(code("xn--bcher-kva.test", "a"), "");
  EXPECT_EQ(code("[192.0.2.1]", "a"), "name");
  for (const char* selector : {"", "a b", "a;d=x", "a\r\n", ".", "-a"}) {
    EXPECT_EQ(code("example.test", selector), "name") << selector;
  }
  EXPECT_EQ(code("example.test", std::string(60, 'a') + "." + std::string(60, 'a') + "." + std::string(60, 'a') + "." +
                                     std::string(60, 'a')),
            "name");
}

TEST(DkimSigner, SignsNoHeaderThatIsTooLarge) {
  DkimSigner signer({test_keys().signing(KeyType::ed25519)});
  const std::string field = "A: " + std::string(990, 'x') + "\r\n";
  for (int i = 0; i < 2'000; ++i) {
    signer.add(field);
  }
  EXPECT_THROW(signer.finish(), Error);
}

}  // namespace
}  // namespace posthouse::mailauth
