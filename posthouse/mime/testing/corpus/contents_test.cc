// Nothing of a message is left over: each leaf of every message of the corpora is shown, used by what is shown, another
// form of what is shown, or a file. Judged here by plainer rules than Message::contents() has.
#include <set>

#include "posthouse/base/text.h"
#include "posthouse/mime/mime.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mime {
namespace {

bool is_among(const std::vector<Part>& parts, const Part& part) {
  return std::any_of(parts.begin(), parts.end(), [&](const Part& one) { return one.index() == part.index(); });
}

bool is_in_alternative(const Part& part) {
  for (auto outer = part.parent(); outer; outer = outer->parent()) {
    if (outer->is("multipart/alternative")) {
      return true;
    }
  }
  return false;
}

bool is_in_message(const Part& part) {
  for (auto outer = part.parent(); outer; outer = outer->parent()) {
    if (outer->is_message() && outer->index() != 0) {
      return true;
    }
  }
  return false;
}

bool is_shown_by_id(const Contents& contents, const Part& part) {
  std::string id(trim(part.content_id()));
  std::erase_if(id, [](char c) { return c == '<' || c == '>'; });
  std::string escaped = id;  // RFC 2392 section 2
  if (const std::size_t at = id.find('@'); at != std::string::npos) {
    escaped.replace(at, 1, "%40");
  }
  return !id.empty() && std::any_of(contents.page.begin(), contents.page.end(), [&](const Part& shown) {
    const std::string html = shown.is("text/html") ? decode_html_references(shown.text()) : std::string();
    return html.find(id) != std::string::npos || html.find(escaped) != std::string::npos;
  });
}

void check_message(const Message& message) {
  const Contents contents = message.contents();
  for (const Part part : message.walk()) {
    if (!part.is_leaf() || is_in_message(part)) {
      continue;
    }
    const bool text = part.is("text/") || part.is("multipart/");
    const bool accounted = is_among(contents.files, part) || (text && is_among(contents.page, part)) ||
                           (text && is_in_alternative(part)) || (part.is("image/") && is_shown_by_id(contents, part));
    EXPECT_TRUE(accounted) << part.path() << ' ' << part.type() << ' ' << part.disposition();
  }
  const std::string text = readable_text(message);
  for (const Part& part : contents.text) {
    const std::string one = readable_text(part);
    EXPECT_NE(text.find(trim(one)), std::string::npos) << part.path();
  }
  bool something = false;
  for (const Part& part : contents.page) {
    something = something || !trim(readable_text(part)).empty();
  }
  EXPECT_EQ(something, something && !trim(text).empty()) << "a page without a text";
}

TEST(Corpus, NothingOfAMessageIsLeftOver) {
  POSTHOUSE_NEEDS_CORPUS("");
  std::size_t files = 0;
  for (const auto& path : files_in("")) {
    SCOPED_TRACE(path.string());
    const std::string bytes = read_file(path);
    const Message message = Message::view(bytes);
    check_message(message);
    files += message.attachments().size();
  }
  EXPECT_GT(files, 300U);
}

}  // namespace
}  // namespace posthouse::mime
