#include "posthouse/server/control/control_socket.h"

#include <cerrno>
#include <chrono>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

constexpr auto request_time = 10s;  // for the next request, and for a piece of the answer
constexpr std::size_t most_control_clients = 16;

}  // namespace

void ControlSocket::open(const std::filesystem::path& data_dir) {
  address_ = std::make_unique<ControlAddress>(data_dir);
  listener_ = net::listen(address_->address(), {.backlog = 128});
  // Whoever connects before this is found out by who he is.
  const std::string path = address_->address().ip();
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    throw net::Error::from_errno(errno, "cannot set the rights of " + path);
  }
}

void ControlSocket::serve() {
  const net::ServeOptions options{.max_connections = most_control_clients, .on_error = [](const std::exception& error) {
                                    log().debug("control connection failed error={}", shown(error.what()));
                                  }};
  while (listener_.is_open()) {
    try {
      net::serve(listener_, [this](net::Stream& stream) { serve_client(stream); }, options);
    } catch (const net::Error& error) {
      if (net::is_canceled(error)) {
        throw;
      }
      log_bounded(spdlog::level::err, "accepting failed", "listener=control error={}", shown(error.what()));
      net::sleep_for(1s);
    }
  }
}

void ControlSocket::serve_client(net::Stream& stream) {
  const net::PeerCredentials peer = net::peer_credentials(stream);
  if (peer.user != 0 && peer.user != ::geteuid()) {
    log_bounded(spdlog::level::warn, "control refused", "user={}", peer.user);
    stream.write("error this server obeys its own user and root\n", request_time);
    return;
  }
  stream.set_timeout(request_time);
  while (const std::optional<std::string> line = stream.read_line(most_control_line)) {
    answer(stream, *line);
  }
}

void ControlSocket::answer(net::Stream& stream, std::string_view line) {
  const std::string name(take_word(line));
  const auto command = commands_.find(name);
  std::string end = "done\n";
  if (command == commands_.end()) {
    end = "error there is no such command\n";
  } else {
    Arguments arguments;
    while (!line.empty()) {
      arguments.push_back(take_word(line));
    }
    try {
      command->second(arguments,
                      [&](const ControlRecord& record) { stream.write_later("item " + record.to_string() + '\n'); });
    } catch (const ControlRefusal& refusal) {
      end = "error " + printable(refusal.what()) + '\n';
    } catch (const net::Error&) {
      throw;
    } catch (const posthouse::Error& error) {
      log_bounded(spdlog::level::err, "control trouble", "command={} error={}", shown(name), shown(error.what()));
      end = "error " + printable(error.what()) + '\n';
    }
  }
  stream.write(end);
}

}  // namespace posthouse::server
