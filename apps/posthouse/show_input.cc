#include "apps/posthouse/show_input.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>

#include "posthouse/base/error.h"
#include "posthouse/mime/mime.h"

namespace {

using namespace posthouse;

std::string read_all(const std::string& name) {
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) {
        std::fclose(file);
      }
    }
  };
  const auto failed = [&](int error) { return Error("cannot read " + name + ": " + std::strerror(error)); };
  const std::unique_ptr<std::FILE, Close> file(name == "-" ? stdin : std::fopen(name.c_str(), "rb"));
  if (!file) {
    throw failed(errno);
  }
  std::string bytes;
  std::array<char, 64 * 1024> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    bytes.append(buffer.data(), count);
  }
  if (std::ferror(file.get()) != 0) {
    throw failed(errno);
  }
  return bytes;
}

Error no_such_message(const std::string& file, std::size_t number, std::size_t count) {
  return Error("no message " + std::to_string(number) + " in " + file + ": it has " + std::to_string(count));
}

void from_maildir(const std::string& path, std::size_t number, const app::MessageHandler& handle) {
  const mime::Maildir box = mime::Maildir::open(path);
  const std::vector<mime::MaildirEntry> entries = box.list();
  if (number > entries.size()) {
    throw no_such_message(path, number, entries.size());
  }
  std::exception_ptr first_failure;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (number != 0 && number != i + 1) {
      continue;
    }
    std::string bytes;
    try {
      bytes = box.read(entries[i]);
    } catch (const Error&) {  // the others are shown all the same
      first_failure = first_failure ? first_failure : std::current_exception();
      continue;
    }
    handle((std::filesystem::path(path) / (entries[i].fresh ? "new" : "cur") / entries[i].name).string(), bytes);
  }
  if (first_failure) {
    std::rethrow_exception(first_failure);
  }
}

void from_mbox(const std::string& file, mime::MboxReader reader, std::size_t number,
               const app::MessageHandler& handle) {
  std::size_t count = 0;
  while (const auto entry = reader.next()) {
    if (++count; number == 0 || number == count) {
      handle(file + "#" + std::to_string(count), entry->message());
    }
  }
  if (number > count) {
    throw no_such_message(file, number, count);
  }
}

bool may_be_mbox(const std::string& file) {
  const std::string ending = std::filesystem::path(file).extension().string();
  return ending.empty() || ending == ".mbox" || ending == ".mbx";
}

}  // namespace

void posthouse::app::for_each_message(const std::string& file, bool is_mbox, std::size_t number,
                                      const MessageHandler& handle) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    return from_maildir(file, number, handle);
  }
  if (is_mbox && file != "-") {
    return from_mbox(file, mime::MboxReader::open(file), number, handle);
  }
  const std::string bytes = read_all(file);
  if (is_mbox || (may_be_mbox(file) && mime::looks_like_mbox(bytes))) {
    return from_mbox(file, mime::MboxReader(bytes), number, handle);
  }
  if (number > 1) {
    throw no_such_message(file, number, 1);
  }
  handle(file, bytes);
}
