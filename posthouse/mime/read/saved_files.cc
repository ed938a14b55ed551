#include "posthouse/mime/read/saved_files.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/read/readable_text.h"
#include "posthouse/mime/read/winmail.h"

namespace posthouse::mime {
namespace {

std::string fallback_of(const Part& part) {
  const std::string path = part.path();
  const char* ending = part.is_message() || part.is("message/") ? ".eml"
                       : part.is("text/html")                   ? ".html"
                       : part.is("text/")                       ? ".txt"
                                                                : ".bin";
  return (path.empty() ? "message" : "part-" + path) + ending;
}

// The files of a winmail.dat, and of those inside it, at most `most_messages` of them.
class TnefUnpacker {
 public:
  explicit TnefUnpacker(std::string prefix) : prefix_(std::move(prefix)) {}

  std::vector<SavedFile> run(std::string octets, bool with_text) {
    constexpr std::size_t most_messages = 100;
    std::vector<std::string> messages{std::move(octets)};
    for (std::size_t i = 0; i < messages.size(); ++i) {
      Tnef tnef = parse_tnef(messages[i]);
      if (i > 0 || with_text) {
        add_text(tnef);
      }
      for (TnefFile& file : tnef.files) {
        if (file.is_message && messages.size() < most_messages) {
          messages.push_back(std::move(file.content));
        } else {
          add(std::move(file.name), std::move(file.type), ".bin", std::move(file.content));
        }
      }
    }
    return std::move(files_);
  }

 private:
  void add_text(Tnef& tnef) {
    const std::string name = tnef.subject.empty() ? "body" : tnef.subject;
    if (!tnef.html.empty()) {
      add(name + ".html", "text/html", ".html", std::move(tnef.html));
    } else if (!trim(tnef.text).empty()) {
      add(name + ".txt", "text/plain", ".txt", std::move(tnef.text));
    } else if (!tnef.rtf.empty()) {
      add(name + ".rtf", "text/rtf", ".rtf", std::move(tnef.rtf));
    }
  }

  void add(std::string name, std::string type, const char* ending, std::string content) {
    files_.push_back({.name = std::move(name),
                      .fallback = fmt::format("{}-{}{}", prefix_, files_.size() + 1, ending),
                      .type = type.empty() ? "application/octet-stream" : std::move(type),
                      .content = std::move(content)});
  }

  std::string prefix_;
  std::vector<SavedFile> files_{};
};

}  // namespace

SavedFile saved_as_it_is(const Part& file) {
  return {file.filename().value_or(""), fallback_of(file), file.type(), file.content()};
}

std::vector<SavedFile> saved_files(const Part& file, bool with_text) {
  std::vector<SavedFile> files;
  if (is_winmail(file)) {
    const std::string path = file.path();
    files = TnefUnpacker(path.empty() ? "message" : "part-" + path).run(file.content(), with_text);
  }
  if (files.empty()) {
    files.push_back(saved_as_it_is(file));
  }
  return files;
}

void for_each_file(const Message& message, const std::function<void(const SavedFile&)>& take) {
  const Contents contents = message.contents();
  const auto has_text = [&] {
    return std::any_of(contents.text.begin(), contents.text.end(),
                       [](const Part& part) { return !trim(readable_text(part)).empty(); });
  };
  for (const Part& part : contents.files) {
    for (const SavedFile& file : saved_files(part, is_winmail(part) && !has_text())) {
      take(file);
    }
  }
}

}  // namespace posthouse::mime
