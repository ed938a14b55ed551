#pragma once
// The Unix socket at which programs of this machine hand in letters by SMTP, without a log-in: the system says who they
// are. Private to this module.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "posthouse/net/listen/listener.h"
#include "posthouse/server/control/control_address.h"
#include "posthouse/server/smtp/local_settings.h"

namespace posthouse::server {

class HandInSocket {
 public:
  static constexpr std::size_t most_sessions = 64;
  static constexpr std::size_t most_of_a_user = 16;

  /// Serves one client, the user `uid`, to its end.
  using Client = std::function<void(net::Stream& stream, std::uint32_t uid)>;

  HandInSocket() = default;
  HandInSocket(const HandInSocket&) = delete;
  HandInSocket& operator=(const HandInSocket&) = delete;
  ~HandInSocket() { close(); }

  /// Binds where `settings` say, else in `data_dir`, for everybody who reaches the folder. Throws net::Error.
  void open(const LocalSettings& settings, const std::filesystem::path& data_dir);
  /// Serves until close(), which may have come before. Does nothing when it is not open.
  void serve(const Client& client);
  /// From any fiber; may be called again.
  void close() noexcept { listener_.close(); }

 private:
  class Seat;
  void serve_client(net::Stream& stream, const Client& client);

  std::unique_ptr<ControlAddress> address_;
  net::Listener listener_;
  std::mutex mutex_;
  std::map<std::uint32_t, std::size_t> sessions_;  // of each user
};

}  // namespace posthouse::server
