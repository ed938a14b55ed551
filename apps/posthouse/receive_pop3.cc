// receive by POP3.
#include <cstdio>
#include <utility>

#include "apps/posthouse/logged_in.h"
#include "apps/posthouse/receive.h"

#include "posthouse/pop3/client/client.h"

namespace posthouse::app {
namespace {

class Pop3Receiver {
 public:
  Pop3Receiver(pop3::Client& client, const ReceiveOptions& options)
      : client_(client), options_(options), received_(options.show) {}

  void run() {
    const std::vector<std::size_t> numbers = wanted();
    if (numbers.empty()) {
      if (!options_.show.json) {
        std::puts("No messages.");
      }
      return;
    }
    client_.retrieve(
        numbers, [this](std::size_t, std::string_view chunk) { received_.take(chunk); },
        [this](std::size_t number) { received_.end("number", number, file_name(number)); });
    if (options_.remove) {
      client_.remove(numbers);
    }
  }

 private:
  std::vector<std::size_t> wanted() {
    const bool named = !options_.show.save.empty();
    if (options_.number != 0) {
      if (named) {
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
    if (named && !numbers.empty()) {
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

  pop3::Client& client_;
  const ReceiveOptions& options_;
  Received received_;
  std::vector<pop3::UidlEntry> uids_;
};

}  // namespace

void receive_by_pop3(const ReceiveOptions& options) {
  auto client = logged_in<pop3::Client, pop3::ClientOptions>(options.server, options.max_size);
  Pop3Receiver(client, options).run();
  client.quit();
}

}  // namespace posthouse::app
