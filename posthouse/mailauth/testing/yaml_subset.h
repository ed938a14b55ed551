#pragma once
// As much YAML as ValiMail's ARC suite is written in: mappings in mappings by indentation, with values on the line, as
// literal blocks ("|") and as folded ones (">-"). Documents begin with "---".
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/text.h"

namespace posthouse::mailauth {

/// "tests/cv_empty/message" to the value, one map a document. Keys keep their order of the file in `keys`.
struct YamlDocument {
  std::map<std::string, std::string> values{};
  std::vector<std::string> keys{};

  /// The names of the mappings right below `path`, in order.
  std::vector<std::string> names_below(const std::string& path) const {
    std::vector<std::string> names;
    for (const std::string& key : keys) {
      if (key.starts_with(path + "/")) {
        std::string name = key.substr(path.size() + 1);
        name = name.substr(0, name.find('/'));
        if (names.empty() || names.back() != name) {
          names.push_back(name);
        }
      }
    }
    return names;
  }
  std::string value(const std::string& path) const {
    const auto found = values.find(path);
    return found == values.end() ? std::string() : found->second;
  }
};

/// Reads a file of that kind; what it does not understand it leaves out.
class YamlSubset {
 public:
  static std::vector<YamlDocument> read(std::string_view text) {
    YamlSubset reader(text);
    return reader.run();
  }

 private:
  explicit YamlSubset(std::string_view text) : lines_(split(text, '\n')) {}

  static std::size_t indent_of(std::string_view line) { return line.find_first_not_of(' '); }
  static bool is_blank(std::string_view line) { return trim(line).empty(); }

  std::vector<YamlDocument> run() {
    while (at_ < lines_.size()) {
      std::string_view line = lines_[at_++];
      if (line.starts_with("---")) {
        documents_.emplace_back();
        open_.clear();
        line.remove_prefix(3);
      }
      const std::size_t indent = indent_of(line);
      const std::size_t colon = line.find(':');
      if (is_blank(line) || line[indent] == '#' || colon == std::string_view::npos) {
        continue;
      }
      if (documents_.empty()) {
        documents_.emplace_back();
      }
      while (!open_.empty() && open_.back().indent >= indent) {
        open_.pop_back();
      }
      read_value(std::string(trim(line.substr(0, colon))), indent, trim(line.substr(colon + 1)));
    }
    return std::move(documents_);
  }

  void read_value(const std::string& key, std::size_t indent, std::string_view value) {
    std::string path;
    for (const Open& one : open_) {
      path += one.key + "/";
    }
    path += key;
    if (value.empty()) {
      open_.push_back({indent, key});
      return;
    }
    const bool literal = value.front() == '|';
    const std::string text = literal || value.front() == '>' ? block(indent, literal) : std::string(value);
    documents_.back().values[path] = text;
    documents_.back().keys.push_back(path);
  }

  std::string block(std::size_t parent, bool literal) {
    std::size_t indent = 0;
    std::string out;
    for (; at_ < lines_.size(); ++at_) {
      const std::string_view line = lines_[at_];
      if (!is_blank(line) && indent_of(line) <= parent) {
        break;
      }
      if (indent == 0 && !is_blank(line)) {
        indent = indent_of(line);
      }
      const std::string_view rest = line.size() > indent ? line.substr(indent) : std::string_view();
      out += out.empty() || literal ? "" : " ";
      out += rest;
      out += literal ? "\n" : "";
    }
    while (out.ends_with("\n\n")) {  // "clip"
      out.pop_back();
    }
    return literal ? out : std::string(trim(out));
  }

  struct Open {
    std::size_t indent;
    std::string key;
  };
  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::vector<Open> open_{};
  std::vector<YamlDocument> documents_{};
};

}  // namespace posthouse::mailauth
