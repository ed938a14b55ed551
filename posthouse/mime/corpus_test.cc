// Reads every message of the shared corpus (../shared/corpus beside the source tree), which is not part of the project.
// Where it is absent this says so and has nothing to check.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "posthouse/mime/mime.h"

namespace posthouse::mime {
namespace {

std::filesystem::path corpus() {
  return std::filesystem::path(__FILE__).parent_path() / ".." / ".." / ".." / "shared" / "corpus";
}

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
    EXPECT_TRUE(is_valid_utf8(part.filename().value_or("")));
    part.content();
  }
}

TEST(Corpus, EveryMessageIsReadAndKept) {
  std::size_t messages = 0;
  std::error_code absent;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus(), absent)) {
    if (!entry.is_regular_file() || entry.path().string().find("LICENSES") != std::string::npos) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    SCOPED_TRACE(entry.path().string());
    const Message message = Message::parse(bytes);
    EXPECT_EQ(message.raw(), bytes);
    EXPECT_EQ(message.root().raw(), bytes);
    check_structure(message);
    for (const Address& address : message.from()) EXPECT_TRUE(is_valid_utf8(to_string(address)));
    EXPECT_TRUE(is_valid_utf8(print_tree(message)));
    message.all_defects();
    ++messages;
  }
  RecordProperty("messages", static_cast<int>(messages));
  if (messages == 0) std::printf("skipped: 1 check, since there is no corpus at %s\n", corpus().c_str());
}

}  // namespace
}  // namespace posthouse::mime
