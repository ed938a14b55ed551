// What Rust's mail-parser reads: trees, addresses, subjects, file names and decoded bodies of every part.
#include <map>

#include <boost/json.hpp>

#include "posthouse/base/text.h"
#include "posthouse/mime/testing/corpus/corpus.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {
namespace {

namespace json = boost::json;

// Walks both trees at once, and notes each place where they differ.
class Comparison {
 public:
  Comparison(const Message& message, const json::object& expected) {
    compare(message.root(), expected.at("parts").as_array(), 0);
  }
  const std::vector<std::string>& differences() const { return differences_; }

 private:
  void compare(const Part& part, const json::array& parts, std::size_t index) {
    const json::object& theirs = parts.at(index).as_object();
    const json::value& body = theirs.at("body");
    if (!body.is_object()) {
      return;
    }
    const auto& [kind, content] = *body.as_object().begin();
    if (kind == "Multipart") {
      children(part, parts, content.as_array());
    } else if (kind == "Message") {
      if (!part.is_message()) {
        return note(part, "no message");
      }
      compare(part.children().front(), content.as_object().at("parts").as_array(), 0);
    } else if (!part.is_leaf()) {
      note(part, "no leaf");
    } else if (kind == "Text" || kind == "Html") {
      if (without_cr(std::string(content.as_string())) != without_cr(part.text())) {
        note(part, "text");
      }
    } else if (octets(content.as_array()) != part.content()) {
      note(part, "octets");
    }
  }

  void children(const Part& part, const json::array& parts, const json::array& indexes) {
    if (part.children().size() != indexes.size() || part.is_leaf()) {
      return note(part, "number of children");
    }
    std::size_t i = 0;
    for (const Part child : part.children()) {
      compare(child, parts, indexes.at(i++).to_number<std::size_t>());
    }
  }

  static std::string octets(const json::array& numbers) {
    std::string out;
    for (const json::value& number : numbers) {
      out += static_cast<char>(number.to_number<int>());
    }
    return out;
  }

  void note(const Part& part, const char* what) { differences_.push_back(part.path() + ": " + what); }

  std::vector<std::string> differences_{};
};

TEST(CorpusExpectations, MailParser) {
  POSTHOUSE_NEEDS_CORPUS("mail-parser");
  // Where we read otherwise, and why.
  const std::map<std::string, const char*> otherwise = {
      {"legacy/017", "uuencoded bodies are decoded"},
      {"legacy/033", "called UTF-8 and written in Latin-1: the label is not believed"},
      {"legacy/052", "raw octets without a charset are windows-1252, not U+FFFD"},
      {"rfc/000", "base64 that is prose: characters of the alphabet are decoded (RFC 2045 section 6.8)"},
      {"rfc/001", "message/external-body has a header of its own (RFC 2046 section 5.2.3)"},
      {"rfc/008", "a message in base64 is a leaf (RFC 2046 section 5.2.1)"},
      {"thirdparty/002", "text after base64 padding is not decoded"},
      {"thirdparty/005", "an unknown transfer encoding leaves the octets as they are (RFC 2045 section 6.4)"},
      {"thirdparty/009", "as rfc/001"},
  };
  std::size_t compared = 0;
  for (const auto& path : files_in("mail-parser", ".eml")) {
    const std::string name = path.parent_path().filename().string() + "/" + path.stem().string();
    for (const bool crlf : {false, true}) {
      std::filesystem::path file = path;
      file.replace_extension(crlf ? ".crlf.json" : ".json");
      if (!std::filesystem::exists(file)) {
        continue;
      }
      std::string bytes = read_file(path);
      if (crlf) {
        std::string made;
        for (const char c : without_cr(bytes)) {
          made += c == '\n' ? std::string("\r\n") : std::string(1, c);
        }
        bytes = made;
      }
      const Message message = Message::parse(bytes);
      const json::value expected = json::parse(read_file(file));
      const Comparison comparison(message, expected.as_object());
      if (!otherwise.contains(name)) {
        for (const std::string& difference : comparison.differences()) {
          ADD_FAILURE() << file << " " << difference;
        }
      }
      ++compared;
    }
  }
  EXPECT_GT(compared, 50U);
}

}  // namespace
}  // namespace posthouse::mime
