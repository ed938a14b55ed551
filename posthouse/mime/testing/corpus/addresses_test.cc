// Addresses good and bad, of two projects that judge them.
#include <map>
#include <set>

#include "posthouse/base/text.h"
#include "posthouse/mime/fields/address.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mime {
namespace {

std::vector<std::string> lines_of(const char* name) {
  std::vector<std::string> lines;
  const std::string text = without_cr(read_file(corpus() / "flanker" / name));
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty() && !line.starts_with('#')) {
      lines.emplace_back(line);
    }
  }
  return lines;
}

TEST(CorpusAddresses, FlankerValid) {
  POSTHOUSE_NEEDS_CORPUS("flanker");
  for (const std::string& line : lines_of("mailbox_valid.txt")) {
    const auto address = parse_address(line);
    ASSERT_TRUE(address) << line;
    EXPECT_EQ(parse_address(address->addr)->addr, address->addr) << line;
  }
}

TEST(CorpusAddresses, FlankerInvalid) {
  POSTHOUSE_NEEDS_CORPUS("flanker");
  // These follow RFC 5322, in its obsolete forms (section 4.4) too; flanker wants less.
  const std::set<std::string> allowed = {"\"foo\"(yay)@(hoopla)[1.2.3.4]", "foo@[\\1.2.3.4]",
                                         "partially.\"quoted\"@sld.com", "test@xn--example.com",
                                         "first.\"\".last@iana.org"};
  for (const std::string& line : lines_of("mailbox_invalid.txt")) {
    EXPECT_EQ(parse_address(line).has_value(), allowed.contains(line) || line.size() > 250) << line;
  }
}

std::string unescaped(std::string text) {
  for (const auto& [entity, character] :
       std::map<std::string, std::string>{{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&amp;", "&"}}) {
    for (std::size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + character.size())) {
      text.replace(at, entity.size(), character);
    }
  }
  // Control characters are written as the pictures of themselves, U+2400 and on.
  for (std::size_t at = text.find("&#x24"); at != std::string::npos; at = text.find("&#x24", at + 1)) {
    text.replace(at, 8, 1, static_cast<char>(std::stoi(text.substr(at + 5, 2), nullptr, 16)));
  }
  return text;
}

std::string element(const std::string& xml, const std::string& name) {
  const std::size_t begin = xml.find("<" + name + ">");
  if (begin == std::string::npos) {
    return {};
  }
  const std::size_t text = begin + name.size() + 2;
  return xml.substr(text, xml.find("</" + name + ">", text) - text);
}

// The suite's categories: what RFC 5321 or 5322 allows, obsolete forms too, we read; what it calls an error we refuse.
TEST(CorpusAddresses, IsEmailSuite) {
  POSTHOUSE_NEEDS_CORPUS("isemail");
  const std::string xml = read_file(corpus() / "isemail" / "tests-odd.xml");
  int checked = 0;
  for (std::size_t at = xml.find("<test id"); at != std::string::npos; at = xml.find("<test id", at + 1)) {
    const std::string test = xml.substr(at, xml.find("</test>", at) - at);
    const std::string address = unescaped(element(test, "address"));
    const std::string category = element(test, "category");
    const bool error = category == "ISEMAIL_ERR";
    EXPECT_EQ(parse_address(address).has_value(), !error)
        << address << " " << category << " " << element(test, "diagnosis");
    ++checked;
  }
  EXPECT_GT(checked, 50);
}

}  // namespace
}  // namespace posthouse::mime
