// ValiMail's suite for ARC, as much of it as the shared corpus has.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "posthouse/mailauth/arc/sealer.h"
#include "posthouse/mailauth/arc/verifier.h"
#include "posthouse/mailauth/testing/messages.h"
#include "posthouse/mailauth/testing/zone_resolver.h"
#include "posthouse/mailauth/wire/tag_list.h"
#include "posthouse/mime/fields/header.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mailauth {
namespace {

using mime::corpus;

// Times out of range matter to nobody here: the suite's are of 1970.
constexpr std::chrono::sys_seconds suite_time{std::chrono::seconds(12'345)};

std::vector<YAML::Node> documents_of(const char* file) {
  return YAML::LoadAllFromFile((corpus() / file).string());
}

/// The text of a node below a map; empty where it is absent or blank.
std::string text_at(const YAML::Node& map, const std::string& name) {
  const YAML::Node node = map[name];
  return node && node.IsScalar() ? node.Scalar() : std::string();
}

testing::ZoneResolver keys_of(const YAML::Node& document) {
  testing::ZoneResolver resolver;
  for (const auto& record : document["txt-records"]) {
    std::string text = record.second.Scalar();
    std::erase(text, '\n');
    resolver.txt(record.first.Scalar(), text);
  }
  return resolver;
}

TEST(ArcSuite, ChainsAreValidated) {
  POSTHOUSE_NEEDS_CORPUS("arc/validation-part.yml");
  std::size_t cases = 0;
  for (const YAML::Node& document : documents_of("arc/validation-part.yml")) {
    testing::ZoneResolver resolver = keys_of(document);
    for (const auto& test : document["tests"]) {
      ArcVerifier verifier(resolver, {.now = suite_time, .steps = true});
      verifier.add(crlf(text_at(test.second, "message")));
      const ArcResult result = verifier.finish();
      std::string expected = to_lower(trim(text_at(test.second, "cv")));
      if (expected.empty()) {
        expected = "fail";  // three cases leave it blank: a seal of theirs says cv=fail
      }
      EXPECT_EQ(to_string(result.verdict), expected)
          << test.first.Scalar() << ", " << text_at(test.second, "description") << ": " << result.reason;
      ++cases;
    }
  }
  EXPECT_EQ(cases, 50U);
}

// The tags of a field, so that order and folds do not count.
std::map<std::string, std::string> tags_of(std::string_view text) {
  std::string why;
  std::map<std::string, std::string> out;
  if (const auto tags = TagList::parse(text, why)) {
    for (const TagList::Tag& tag : tags->tags()) {
      std::string value(tag.value);
      std::erase_if(value, is_space);
      out[std::string(tag.name)] = value;
    }
  }
  return out;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return out;
}

// What the message's own house found out: all fields in its name, put together.
mime::AuthenticationResults results_of(const std::string& message, const std::string& house) {
  mime::AuthenticationResults all{.authserv_id = house};
  const mime::HeaderBlock block = mime::HeaderBlock::scan(message);
  for (const mime::Field field : block.headers().all("Authentication-Results")) {
    const mime::AuthenticationResults one = mime::parse_authentication_results(field.raw_value());
    if (one.authserv_id == house) {
      all.results.insert(all.results.end(), one.results.begin(), one.results.end());
    }
  }
  return all;
}

Verdict verdict_of(const std::string& message, testing::ZoneResolver& resolver) {
  ArcVerifier verifier(resolver, {.now = suite_time});
  verifier.add(message);
  return verifier.finish().verdict;
}

// Lines of a field's value, as lines of a field.
std::string folded(std::string_view text) {
  std::string out;
  for (const std::string_view line : split(trim(text), '\n')) {
    out += (out.empty() ? "" : "\r\n ") + std::string(trim(line));
  }
  return out + "\r\n";
}

// With nothing between the octets of b=.
std::string unfolded_value(std::string text) {
  const std::size_t begin = text.find("b=");
  const std::size_t end = text.find(';', begin);
  std::string value = text.substr(begin, end - begin);
  std::erase_if(value, is_space);
  return text.replace(begin, end - begin, value);
}

void check_sealing(const YAML::Node& document, const YAML::Node& test, testing::ZoneResolver& resolver,
                   const PrivateKey& key) {
  const auto at = [&](const char* what) { return text_at(test, what); };
  const std::string message = crlf(at("message"));
  const auto read = std::make_shared<SignedMessage>();
  ArcVerifier verifier(read, resolver, {.now = suite_time});
  SigningOptions options;
  options.oversigned = {};
  options.fields = colon_list(at("sig-headers"));
  options.now = std::chrono::sys_seconds(std::chrono::seconds(std::stoi(at("t"))));
  ArcSealer sealer(read, {mail::Domain(text_at(document, "domain")), text_at(document, "sel"), key}, options);
  feed(*read, message, 100);
  const std::string set = sealer.seal(verifier.finish().verdict, results_of(message, at("srv-id")));
  if (trim(at("AS")).empty()) {
    EXPECT_EQ(set, "");
    return;
  }
  const mime::HeaderBlock block = mime::HeaderBlock::scan(set);
  const auto value = [&](const char* field) {
    return std::string(block.headers().find(field) ? block.headers().find(field)->raw_value() : "");
  };
  EXPECT_EQ(one_line(value("ARC-Authentication-Results")), one_line(at("AAR")));
  EXPECT_EQ(tags_of(value("ARC-Message-Signature")), tags_of(at("AMS")));
  // The suite's seals are over a message signature whose b= is not folded; ours is. So the values differ, and each must
  // hold where it belongs.
  auto seal = tags_of(value("ARC-Seal"));
  auto expected = tags_of(at("AS"));
  seal.erase("b");
  expected.erase("b");
  EXPECT_EQ(seal, expected);
  if (seal["cv"] != "fail") {
    EXPECT_EQ(verdict_of(set + message, resolver), Verdict::pass);
    EXPECT_EQ(
        verdict_of("ARC-Seal: " + folded(at("AS")) + "ARC-Message-Signature: " + folded(unfolded_value(at("AMS"))) +
                       "ARC-Authentication-Results: " + folded(at("AAR")) + message,
                   resolver),
        Verdict::pass);
  }
}

void check_sealing_of(const char* file, std::size_t expected) {
  std::size_t cases = 0;
  std::string pem;
  for (const YAML::Node& document : documents_of(file)) {
    pem = document["privatekey"] ? text_at(document, "privatekey") : pem;
    ASSERT_FALSE(pem.empty());
    testing::ZoneResolver resolver = keys_of(document);
    const PrivateKey key = PrivateKey::from_pem(pem);
    for (const auto& test : document["tests"]) {
      SCOPED_TRACE(test.first.Scalar());
      check_sealing(document, test.second, resolver, key);
      ++cases;
    }
  }
  EXPECT_EQ(cases, expected);
}

TEST(ArcSuite, MessagesAreSealed) {
  POSTHOUSE_NEEDS_CORPUS("arc/sign-part.yml");
  check_sealing_of("arc/sign-part.yml", 9);
}

TEST(ArcSuite, MessagesAreSealedAsMailauthHasIt) {
  POSTHOUSE_NEEDS_CORPUS("mailauth/arc/arc-draft-sign-tests.yml");
  check_sealing_of("mailauth/arc/arc-draft-sign-tests.yml", 17);
}

}  // namespace
}  // namespace posthouse::mailauth
