#include "posthouse/server/control/control_client.h"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/server/control/control_address.h"
#include "posthouse/server/error.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_time = 10s;

[[noreturn]] void no_server(const std::string& folder) {
  throw Error(Errc::no_server, "no server runs on the folder " + folder);
}

net::Stream connect_to_server(const std::filesystem::path& data_dir) {
  try {
    const ControlAddress at(data_dir);
    return net::connect(at.address(), answer_time);
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::permission) {
      throw Error(Errc::permission, "the server on the folder " + data_dir.string() +
                                        " obeys its own user and root only: run this command as one of them");
    }
    no_server(data_dir.string());
  }
}

/// Sends `line` if that can be done at once.
void try_to_send(const ControlAddress& at, std::string_view line) noexcept {
  sockaddr_storage storage{};
  const auto size = static_cast<socklen_t>(at.address().to_sockaddr(&storage));
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    return;
  }
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&storage), size) == 0) {
    (void)::send(socket, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  ::close(socket);
}

}  // namespace

ControlClient::ControlClient(const std::filesystem::path& data_dir)
    : stream_(connect_to_server(data_dir)), folder_(data_dir.string()) {
  stream_.set_timeout(answer_time);
}

void ControlClient::ask(std::string_view request, const std::function<void(const ControlRecord&)>& item) {
  try {
    stream_.write(std::string(request) + '\n');
    while (const std::optional<std::string> line = stream_.read_line(most_control_line)) {
      std::string_view text = *line;
      const std::string_view word = take_word(text);
      if (word == "done") {
        return;
      }
      if (word == "error") {
        throw Error(Errc::refused, std::string(text));
      }
      const auto record = ControlRecord::parse(text);
      if (word != "item" || !record) {
        throw Error(Errc::refused, "what answers at the control socket is no Posthouse server of this version");
      }
      if (item) {
        item(*record);
      }
    }
  } catch (const net::Error& error) {
    throw Error(Errc::no_server, "the server on the folder " + folder_ + " does not answer: " + error.what());
  }
  no_server(folder_);
}

store::Subscription tell_server_of_changes(store::Store& store, const std::filesystem::path& data_dir) {
  const auto at = std::make_shared<ControlAddress>(data_dir);
  return store.listen([at](std::span<const store::Change> changes) {
    std::set<std::pair<store::AccountId, store::MailboxId>> changed;
    for (const store::Change& change : changes) {
      std::visit(
          [&](const auto& one) {
            if constexpr (requires { one.mailbox; }) {
              changed.emplace(one.account, one.mailbox);
            }
          },
          change);
    }
    std::string line;
    for (auto each = changed.begin(); each != changed.end();) {
      line = "changed";
      constexpr std::size_t longest_word = 42;
      for (; each != changed.end() && line.size() + longest_word < most_control_line; ++each) {
        line += fmt::format(" {}:{}", each->first, each->second);
      }
      try_to_send(*at, line + '\n');
    }
  });
}

}  // namespace posthouse::server
