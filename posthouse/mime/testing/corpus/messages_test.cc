// Reads every message of the corpus: whatever it is, nothing is lost, everything is UTF-8, and what must hold holds.
#include "posthouse/mime/mime.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mime {
namespace {

// Parts lie inside their parents, one after the other, and together with what is between them are the message.
void check_structure(const Message& message) {
  for (const Part part : message.walk()) {
    EXPECT_LE(part.offset(), part.body_offset());
    std::size_t at = part.body_offset();
    for (const Part child : part.children()) {
      EXPECT_GE(child.offset(), at);
      at = child.offset() + child.raw().size();
    }
    EXPECT_LE(at, part.offset() + part.raw().size());
    EXPECT_EQ(message.part(part.path())->index(), part.index());
    std::size_t fields = 0;
    for (const Field field : part.headers()) {
      EXPECT_TRUE(is_valid_utf8(field.text()));
      fields += field.raw().size();
    }
    EXPECT_LE(fields, part.raw_header().size());
    EXPECT_TRUE(!part.is("text/") || is_valid_utf8(part.text()));
    EXPECT_TRUE(is_valid_utf8(readable_text(part)));
    EXPECT_TRUE(is_valid_utf8(part.filename().value_or("")));
    find_inline_files(part.content());
    security_of(part);
  }
}

TEST(Corpus, EveryMessageIsReadAndKept) {
  POSTHOUSE_NEEDS_CORPUS("");
  for (const auto& path : files_in("")) {
    const std::string bytes = read_file(path);
    SCOPED_TRACE(path.string());
    const Message message = Message::parse(bytes);
    EXPECT_EQ(message.raw(), bytes);
    EXPECT_EQ(message.root().raw(), bytes);
    check_structure(message);
    for (const Address& address : message.from()) {
      EXPECT_TRUE(is_valid_utf8(to_string(address)));
    }
    EXPECT_TRUE(is_valid_utf8(print_tree(message)));
    EXPECT_TRUE(is_valid_utf8(preview(message)));
    message.all_defects();
  }
}

// Spam lies about its way, but even there a Received field that has a ";" and no date is rare.
TEST(Corpus, TraceFieldsAreUnderstood) {
  POSTHOUSE_NEEDS_CORPUS("spamassassin-public");
  std::size_t hops = 0, with_server = 0, with_date = 0;
  for (const char* folder : {"spamassassin-public", "rspamd", "mikel-mail"}) {
    for (const auto& path : files_in(folder)) {
      const std::string bytes = read_file(path);
      const HeaderBlock block = HeaderBlock::scan(bytes);
      for (const Received& hop : parse_trace(block.headers())) {
        ++hops;
        with_server += hop.by.empty() && hop.comment.empty() ? 0U : 1U;
        with_date += hop.date ? 1U : 0U;
      }
    }
  }
  EXPECT_GT(hops, 1'000U);
  EXPECT_GT(with_server * 100, hops * 98) << with_server << " of " << hops;
  EXPECT_GT(with_date * 100, hops * 98) << with_date << " of " << hops;
}

TEST(Corpus, AuthenticationResultsAreUnderstood) {
  POSTHOUSE_NEEDS_CORPUS("mail-auth");
  std::size_t fields = 0;
  for (const char* folder : {"mail-auth", "mailauth", "arc", "rspamd", "mikel-mail"}) {
    for (const auto& path : files_in(folder)) {
      const std::string bytes = read_file(path);
      const HeaderBlock block = HeaderBlock::scan(bytes);
      for (const Field field : block.headers()) {
        if (!field.is("Authentication-Results") && !field.is("ARC-Authentication-Results")) {
          continue;
        }
        ++fields;
        const AuthenticationResults results = parse_authentication_results(field.raw_value());
        EXPECT_FALSE(results.authserv_id.empty()) << path << ": " << field.raw_value();
        EXPECT_TRUE(results.valid || !results.results.empty()) << path << ": " << field.raw_value();
      }
    }
  }
  EXPECT_GT(fields, 5U);
}

}  // namespace
}  // namespace posthouse::mime
