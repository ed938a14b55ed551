// Event trees of Apache mime4j: header fields, bodies and structure, as they stand in the message.
#include <map>

#include "posthouse/mime/testing/corpus/corpus.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c != '\r') {
      out += c;
    }
  }
  return out;
}

// One part's opening tags, or for a leaf all of it.
void open(std::string& out, const Part& part) {
  const bool is_message = part.index() == 0 || part.parent()->is_message();
  out += is_message ? "<message>\n<header>\n" : "<body-part>\n<header>\n";
  for (const Field field : part.headers()) {
    std::string_view raw = field.raw();
    while (raw.ends_with('\n') || raw.ends_with('\r')) {
      raw.remove_suffix(1);
    }
    out += "<field>\n" + escaped(raw) + "</field>\n";
  }
  out += "</header>\n";
  if (part.is_multipart()) {
    out += "<multipart>\n";
  }
  if (part.is_leaf()) {
    out += "<body>\n" + escaped(part.raw_body()) + "</body>\n";
  }
}

std::string_view close(const Part& part) {
  return part.index() == 0 || part.parent()->is_message() ? "</message>\n" : "</body-part>\n";
}

std::string tree_of(const Message& message) {
  std::string out;
  std::vector<Part> stack;
  const auto pop = [&] {
    if (stack.back().is_multipart()) {
      out += "</multipart>\n";
    }
    out += close(stack.back());
    stack.pop_back();
  };
  for (const Part part : message.walk()) {
    while (stack.size() > part.depth()) {
      pop();
    }
    open(out, part);
    stack.push_back(part);
  }
  while (!stack.empty()) {
    pop();
  }
  return out;
}

// Preamble and epilogue are no parts of ours.
std::string without_element(std::string text, const std::string& name) {
  for (std::size_t at = text.find("<" + name + ">"); at != std::string::npos; at = text.find("<" + name + ">", at)) {
    const std::string end = "</" + name + ">\n";
    text.erase(at, text.find(end, at) + end.size() - at);
  }
  return text;
}

TEST(CorpusTrees, Mime4j) {
  POSTHOUSE_NEEDS_CORPUS("mime4j");
  constexpr const char* in_base64 = "a message in base64 is a leaf, its content the message (RFC 2046 section 5.2.1)";
  constexpr const char* not_a_field = "the header ends at a line that is neither a field nor empty, as Python has it";
  constexpr const char* no_boundary = "a multipart whose boundary never occurs is a leaf: nothing is hidden";
  constexpr const char* blank_at_end = "no boundary ends with a blank (RFC 2046 section 5.1.1)";
  const std::map<std::string, const char*> otherwise = {
      {"bad-newlines-multiple-parts-base64", in_base64},
      {"base64encoded-rfc822message", in_base64},
      {"base64encoded-rfc822message-nested", in_base64},
      {"basic-plain-with-bad-header-separator", not_a_field},
      {"ending-boundaries", "the close-delimiter ends the multipart"},
      {"malformedHeader-nocrlfcrlf", not_a_field},
      {"malformedHeader-noheader", not_a_field},
      {"malformedHeaderStartsBody-nocrlfcrlf", not_a_field},
      {"malformedHeaderStartsBody-noheader", not_a_field},
      {"missing-boundary", no_boundary},
      {"missing-inner-boundary", no_boundary},
      {"obsolete", not_a_field},
      {"very-long-boundary", blank_at_end},
      {"very-very-long-boundary", blank_at_end},
      {"weird-boundary", blank_at_end},
  };
  for (const auto& path : files_in("mime4j", ".msg")) {
    std::filesystem::path xml = path;
    xml.replace_extension(".xml");
    const std::string expected = without_element(without_element(without_cr(read_file(xml)), "preamble"), "epilogue");
    const bool same = tree_of(Message::parse(read_file(path))) == expected;
    EXPECT_EQ(same, !otherwise.contains(path.stem().string())) << path.stem();
  }
}

}  // namespace
}  // namespace posthouse::mime
