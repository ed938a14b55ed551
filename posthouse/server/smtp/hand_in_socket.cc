#include "posthouse/server/smtp/hand_in_socket.h"

#include <cerrno>
#include <chrono>
#include <string>

#include <sys/stat.h>

#include "posthouse/net/error.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {

using namespace std::chrono_literals;

void HandInSocket::open(const LocalSettings& settings, const std::filesystem::path& data_dir) {
  const std::optional<std::string> said = submission_socket(settings);
  if (said && said->empty()) {
    return;
  }
  if (said) {
    const std::filesystem::path path(*said);
    address_ = std::make_unique<ControlAddress>(path.parent_path(), path.filename().string());
  } else {
    address_ = std::make_unique<ControlAddress>(data_dir, "submission");
  }
  listener_ = net::listen(address_->address(), {.backlog = 128});
  const std::string path = address_->address().ip();
  constexpr mode_t everybody = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
  if (::chmod(path.c_str(), everybody) != 0) {
    throw net::Error::from_errno(errno, "cannot set the rights of " + path);
  }
}

void HandInSocket::serve(const Client& client) {
  const net::ServeOptions options{.max_connections = most_sessions, .on_error = [](const std::exception& error) {
                                    log().debug("connection failed protocol=local error={}", shown(error.what()));
                                  }};
  while (listener_.is_open()) {
    try {
      net::serve(listener_, [&](net::Stream& stream) { serve_client(stream, client); }, options);
    } catch (const net::Error& error) {
      if (net::is_canceled(error)) {
        throw;
      }
      log_bounded(spdlog::level::err, "accepting failed", "listener=local error={}", shown(error.what()));
      net::sleep_for(1s);
    }
  }
}

/// The place of one session among those of its user.
class HandInSocket::Seat {
 public:
  Seat(HandInSocket& socket, std::uint32_t uid) : socket_(socket), uid_(uid) {
    const std::lock_guard lock(socket_.mutex_);
    admitted_ = ++socket_.sessions_[uid_] <= most_of_a_user;
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat() {
    const std::lock_guard lock(socket_.mutex_);
    if (--socket_.sessions_[uid_] == 0) {
      socket_.sessions_.erase(uid_);
    }
  }
  bool admitted() const noexcept { return admitted_; }

 private:
  HandInSocket& socket_;
  const std::uint32_t uid_;
  bool admitted_ = false;
};

void HandInSocket::serve_client(net::Stream& stream, const Client& client) {
  const std::uint32_t uid = net::peer_credentials(stream).user;
  const Seat seat(*this, uid);
  if (!seat.admitted()) {
    log_bounded(spdlog::level::warn, "connection refused", "uid={} protocol=local reason=limit", uid);
    stream.write("421 4.7.0 Too many connections; try again later\r\n", 1s);
    return;
  }
  client(stream, uid);
}

}  // namespace posthouse::server
