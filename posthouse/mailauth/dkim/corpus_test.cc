// Messages that others signed, with the keys they had then.
#include "posthouse/mime/testing/corpus/corpus.h"

#include <gtest/gtest.h>

#include "posthouse/mailauth/arc/verifier.h"
#include "posthouse/mailauth/testing/examples.h"
#include "posthouse/mailauth/testing/signed.h"

namespace posthouse::mailauth {
namespace {

using mime::corpus;
using mime::files_in;
using mime::read_file;

constexpr std::chrono::sys_seconds november_2022{std::chrono::seconds(1'667'900'000)};

// The files begin with a record a line, "name text"; an empty line; then the message.
struct SignedFile {
  testing::ZoneResolver resolver{};
  std::string message{};
};

SignedFile read_signed_file(const std::filesystem::path& path) {
  SignedFile file;
  const std::string text = read_file(path);
  const std::size_t end = text.find("\n\n");
  for (const std::string_view line : split(std::string_view(text).substr(0, end), '\n')) {
    const std::size_t blank = line.find(' ');
    file.resolver.txt(std::string(line.substr(0, blank)), line.substr(blank + 1));
  }
  file.message = crlf(text.substr(end + 2));
  return file;
}

TEST(DkimCorpus, SignaturesOfMailAuthPass) {
  POSTHOUSE_NEEDS_CORPUS("mail-auth-2/dkim");
  std::size_t signatures = 0;
  for (const char* name :
       {"mail-auth-2/dkim/001.txt", "mail-auth-2/dkim/002.txt", "mail-auth-2/dkim/003.txt", "mail-auth-2/dkim/004.txt",
        "mail-auth-2/dkim/005.txt", "mail-auth-2/dkim/006.txt", "mail-auth/dkim/002.txt", "mail-auth/dkim/004.txt"}) {
    SignedFile file = read_signed_file(corpus() / name);
    for (const DkimResult& result : verify(file.message, file.resolver, {.now = november_2022}, 777)) {
      EXPECT_EQ(result.verdict, Verdict::pass) << name << " " << result.domain << ": " << result.reason;
      ++signatures;
    }
  }
  EXPECT_GE(signatures, 9U);
}

ArcResult chain_of(SignedFile& file) {
  ArcVerifier verifier(file.resolver,
                       {.now = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)), .steps = true});
  feed(verifier, file.message, 777);
  return verifier.finish();
}

TEST(DkimCorpus, ChainsOfMailAuthPass) {
  POSTHOUSE_NEEDS_CORPUS("mail-auth-2/arc");
  for (const char* name : {"mail-auth-2/arc/001.txt", "mail-auth-2/arc/002.txt", "mail-auth/arc/002.txt"}) {
    SignedFile file = read_signed_file(corpus() / name);
    const ArcResult chain = chain_of(file);
    EXPECT_EQ(chain.verdict, Verdict::pass) << name << ": " << chain.reason;
  }
}

// mailauth's messages were sealed by Google, whose key another file of the corpus has.
TEST(DkimCorpus, ChainsOfMailauthAreJudged) {
  POSTHOUSE_NEEDS_CORPUS("mailauth/arc-pass.eml");
  const SignedFile keys = read_signed_file(corpus() / "mail-auth-2/arc/001.txt");
  for (const auto& [name, verdict] :
       std::vector<std::pair<const char*, Verdict>>{{"mailauth/arc-pass.eml", Verdict::pass},
                                                    {"mailauth/arc-fail2.eml", Verdict::fail},
                                                    {"mailauth/arc-fail3.eml", Verdict::fail},
                                                    {"mailauth/bimi.eml", Verdict::pass},
                                                    {"mailauth/message1.eml", Verdict::none}}) {
    SignedFile file{.resolver = keys.resolver, .message = read_file(corpus() / name)};
    if (file.message.find('\r') == std::string::npos) {
      file.message = crlf(file.message);
    }
    const ArcResult chain = chain_of(file);
    EXPECT_EQ(chain.verdict, verdict) << name << ": " << chain.reason;
  }
}

TEST(DkimCorpus, MimekitsMessagesPass) {
  POSTHOUSE_NEEDS_CORPUS("mimekit/dkim");
  std::string pem = read_file(corpus() / "mimekit/dkim/gmail.pub");
  std::string key;
  for (const std::string_view line : split(pem, '\n')) {
    key += line.starts_with("-") ? std::string_view() : trim(line);
  }
  testing::ZoneResolver gmail({{"20120113._domainkey.gmail.com", {"k=rsa; p=" + key}}});
  const auto results = verify(read_file(corpus() / "mimekit/dkim/gmail.msg"), gmail);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].verdict, Verdict::pass) << results[0].reason;
  EXPECT_EQ(results[0].key_bits, 2048U);
  testing::ZoneResolver example = rfc8463_keys();
  for (const DkimResult& result : verify(read_file(corpus() / "mimekit/dkim/rfc8463-example.msg"), example)) {
    EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  }
}

// Whatever a message is, its signatures get a verdict; without keys none passes.
TEST(DkimCorpus, EveryMessageGetsAVerdict) {
  POSTHOUSE_NEEDS_CORPUS("rspamd");
  testing::ZoneResolver resolver;
  std::size_t signatures = 0;
  for (const char* folder : {"rspamd", "flanker", "mailauth", "james-mpt", "mox-reports", "james-eml", "mimekit"}) {
    for (const std::filesystem::path& file : files_in(folder)) {
      const std::string message = read_file(file);
      for (const DkimResult& result : verify(message, resolver, {.steps = true})) {
        EXPECT_NE(result.verdict, Verdict::pass) << file;
        EXPECT_NE(result.verdict, Verdict::none) << file;
        EXPECT_FALSE(result.reason.empty());
        ++signatures;
      }
      ArcVerifier chain(resolver, {.now = test_time, .steps = true});
      feed(chain, message, 4096);
      EXPECT_NE(chain.finish().verdict, Verdict::pass);
    }
  }
  EXPECT_GT(signatures, 10U);
}

}  // namespace
}  // namespace posthouse::mailauth
