// posthouse receive: fetches messages from a mail server, prints them or saves them.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/mail_server_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "posthouse/base/error.h"
#include "posthouse/base/file.h"
#include "posthouse/base/units.h"
#include "posthouse/fiber/random.h"
#include "posthouse/mime/read/tree.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/pop3/client/client.h"

namespace posthouse::app {
namespace {

struct ReceiveOptions {
  MailServerOption server;
  std::string protocol = "pop3", save;
  bool newest = false, all = false, remove = false, json = false;
  std::size_t number = 0;
  std::string max_size = "256MiB";
};

std::uint64_t size_in_octets(const std::string& text) {
  const auto size = parse_size(text);
  if (!size || *size == 0) {
    throw CLI::ValidationError("--max-size", "'" + text + "' is not a size such as 1000000 or 256MiB");
  }
  return *size;
}

pop3::Client connect(const MailServerOption& server, std::uint64_t max_size) {
  pop3::ClientOptions options;
  options.max_message = max_size;
  options.tls = server.tls_mode();
  options.tls_options = server.tls_options();
  options.insecure_auth = options.tls == pop3::Tls::none;  // who writes "none" means it
  if (server.debug) {
    options.trace = net::trace_to(stderr);
  }
  const std::string password = server.password();
  auto client = pop3::Client::connect(server.host(), server.port(), std::move(options));
  client.login(server.user, password);
  return client;
}

[[noreturn]] void fail(const std::string& action, const std::filesystem::path& file, int error) {
  throw Error("cannot " + action + ' ' + file.string() + ": " + std::generic_category().message(error));
}

// A file name out of what a server calls a message: letters, digits and "-_." stand for themselves, all else is %XX,
// it does not begin with a dot and fits any file system.
std::string safe_name(std::string_view uid) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string name;
  for (const char c : uid.substr(0, 70)) {  // RFC 1939 section 7 allows no more
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '_' || (c == '.' && !name.empty());
    if (plain) {
      name.push_back(c);
    } else {
      name.append(1, '%').append(1, digits[static_cast<unsigned char>(c) >> 4]).append(1, digits[c & 15]);
    }
  }
  return name;
}

void require_synced(const std::filesystem::path& directory) {
  if (const int error = sync_folder(directory)) {
    fail("sync", directory, error);
  }
}

/// A message on its way into a directory, under a temporary name until it is whole.
class IncomingFile {
 public:
  explicit IncomingFile(std::filesystem::path directory)
      : directory_(std::move(directory)),
        temporary_(directory_ / (".posthouse-" + net::random_hex(8) + ".tmp")),
        file_(FileDescriptor::open(temporary_, O_WRONLY | O_CREAT | O_EXCL)) {
    if (!file_) {
      fail("create", temporary_, errno);
    }
  }
  IncomingFile(const IncomingFile&) = delete;
  IncomingFile& operator=(const IncomingFile&) = delete;
  ~IncomingFile() {
    if (!temporary_.empty()) {
      ::unlink(temporary_.c_str());
    }
  }

  void append(std::string_view chunk) {
    if (const int error = write_all(file_.get(), chunk)) {
      fail("write", temporary_, error);
    }
  }

  /// Gives it a name that nothing has yet, made of `name`, and returns that; then it is on the disk for good.
  std::filesystem::path keep_as(const std::string& name) {
    if (const int error = write_and_sync(file_.get(), {})) {
      fail("write", temporary_, error);
    }
    for (int attempt = 1;; ++attempt) {
      const std::string suffix = attempt == 1 ? "" : '-' + std::to_string(attempt);
      const std::filesystem::path file = directory_ / (name + suffix + ".eml");
      if (rename_to(file)) {
        temporary_.clear();
        require_synced(directory_);
        return file;
      }
    }
  }

 private:
  /// False when `file` is there already.
  bool rename_to(const std::filesystem::path& file) const {
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0) {
      return true;
    }
    if (errno == EINVAL && !std::filesystem::exists(file)) {  // a file system that cannot refuse to replace
      std::filesystem::rename(temporary_, file);
      return true;
    }
    if (errno != EEXIST && errno != EINVAL) {
      fail("save", file, errno);
    }
    return false;
  }

  std::filesystem::path directory_, temporary_;
  FileDescriptor file_;
};

class Receiver {
 public:
  Receiver(pop3::Client& client, const ReceiveOptions& options) : client_(client), options_(options) {}

  void run() {
    const std::vector<std::size_t> numbers = wanted();
    if (numbers.empty()) {
      if (!options_.json) {
        std::puts("No messages.");
      }
      return;
    }
    if (!options_.save.empty()) {
      std::filesystem::create_directories(options_.save);
    }
    client_.retrieve(
        numbers, [this](std::size_t, std::string_view chunk) { take(chunk); },
        [this](std::size_t number) { end(number); });
    if (options_.remove) {
      client_.remove(numbers);
    }
  }

 private:
  std::vector<std::size_t> wanted() {
    if (options_.number != 0) {
      if (!options_.save.empty()) {
        name_by_uid(options_.number);
      }
      return {options_.number};
    }
    const std::vector<pop3::ListEntry> list = client_.list();
    std::vector<std::size_t> numbers;
    for (const auto& entry : list) {
      numbers.push_back(entry.number);
    }
    if (!options_.all && numbers.size() > 1) {
      numbers.erase(numbers.begin(), numbers.end() - 1);
    }
    if (!options_.save.empty() && !numbers.empty()) {
      name_by_uid(options_.all ? 0 : numbers.back());
    }
    return numbers;
  }

  // Names for the files, of all messages (0) or one. A server without UIDL gives numbers instead.
  void name_by_uid(std::size_t number) {
    try {
      if (number != 0) {
        uids_.push_back({number, client_.uidl(number)});
      } else {
        uids_ = client_.uidl();
      }
    } catch (const pop3::Error& error) {
      if (!error.connection_usable()) {
        throw;
      }
    }
  }

  std::string file_name(std::size_t number) const {
    for (const auto& entry : uids_) {
      if (entry.number == number) {
        return safe_name(entry.uid);
      }
    }
    return "message-" + std::to_string(number);
  }

  /// A saved message is not held, but for its beginning, which has what JSON tells of it.
  void take(std::string_view chunk) {
    size_ += chunk.size();
    if (options_.save.empty()) {
      text_ += chunk;
      return;
    }
    if (!file_) {
      file_.emplace(options_.save);
    }
    file_->append(chunk);
    text_ += chunk.substr(0, beginning - std::min(beginning, text_.size()));
  }

  void end(std::size_t number) {
    take({});
    show(number, file_ ? file_->keep_as(file_name(number)).string() : "");
    file_.reset();
    text_ = {};
    size_ = 0;
  }

  void show(std::size_t number, const std::string& file) const {
    if (options_.json) {
      return print_json(number, file);
    }
    if (!file.empty()) {
      std::cout << file << '\n' << std::flush;
      return;
    }
    if (options_.all) {
      std::cout << "== " << number << " (" << size_ << " octets)\n";
    }
    std::cout << mime::print_tree(mime::Message::view(text_)) << std::flush;
  }

  static boost::json::array addresses(const std::vector<mime::Address>& list) {
    boost::json::array array;
    for (const auto& address : list) {
      array.push_back({{"name", address.name}, {"addr", address.addr}});
    }
    return array;
  }

  void print_json(std::size_t number, const std::string& file) const {
    const mime::Message message = mime::Message::view(text_);
    boost::json::object line{{"number", number},
                             {"size", size_},
                             {"from", addresses(message.from())},
                             {"to", addresses(message.to())},
                             {"subject", message.subject()},
                             {"message-id", message.message_id()}};
    if (!file.empty()) {
      line["file"] = file;
    }
    std::cout << boost::json::serialize(line) << '\n' << std::flush;
  }

  pop3::Client& client_;
  const ReceiveOptions& options_;
  std::vector<pop3::UidlEntry> uids_;
  static constexpr std::size_t beginning = std::size_t{1} << 20;
  std::optional<IncomingFile> file_;
  std::string text_;  // of the message at hand
  std::uint64_t size_ = 0;
};

void receive(const ReceiveOptions& options) {
  if (options.protocol != "pop3") {
    throw Error("receive speaks POP3 only so far, not " + options.protocol);
  }
  pop3::Client client = connect(options.server, size_in_octets(options.max_size));
  Receiver(client, options).run();
  client.quit();
  if (!std::cout) {
    throw Error("cannot write to standard output");
  }
}

}  // namespace

void add_receive_command(CLI::App& app) {
  auto options = std::make_shared<ReceiveOptions>();
  CLI::App* command = app.add_subcommand("receive", "Fetch messages from a mail server and print or save them.");
  options->server.add_to(*command, "implicit", "the port is 995, or 110 without implicit TLS");
  command->get_option("--user")->required();
  command->get_option("--password-file")->required();
  command->add_option("--protocol", options->protocol, "How to fetch")
      ->type_name("NAME")
      ->capture_default_str()
      ->check(CLI::IsMember({"pop3", "imap"}));
  auto* newest = command->add_flag("--newest", options->newest, "The newest message (the default)");
  auto* all = command->add_flag("--all", options->all, "All messages")->excludes(newest);
  command->add_option("--number", options->number, "The message of this number")
      ->check(CLI::PositiveNumber)
      ->excludes(newest)
      ->excludes(all);
  command->add_flag("--delete", options->remove, "Delete what was fetched, after it is printed or saved");
  command->add_option("--save", options->save, "Save into this directory as .eml files instead of printing")
      ->type_name("DIR");
  command->add_option("--max-size", options->max_size, "Longest message that is taken; a longer one ends the session")
      ->option_text("SIZE")
      ->capture_default_str();
  command->add_flag("--json", options->json, "One line of JSON a message: number, size, from, to, subject, file");
  command->callback([options] { receive(*options); });
}

}  // namespace posthouse::app
