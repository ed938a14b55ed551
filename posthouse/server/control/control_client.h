#pragma once
// Talking to the server that runs on a data folder.
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "posthouse/net/stream/stream.h"
#include "posthouse/server/control/control_record.h"
#include "posthouse/store/changes/listeners.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// A connection to the running server, for commands on the same machine. In plain threads its calls block, for ten seconds
/// at most.
///
///     server::ControlClient control("/var/lib/posthouse");
///     control.ask("sessions", [](const server::ControlRecord& session) { std::cout << session["user"] << '\n'; });
class ControlClient {
 public:
  /// Throws Error: Errc::no_server when none runs there, Errc::permission when this user may not talk to it.
  explicit ControlClient(const std::filesystem::path& data_dir);

  /// Asks for something and gives each item of the answer to `item`. Throws Error (Errc::refused) with the server's words
  /// when it does not do it, Errc::no_server when it has gone.
  void ask(std::string_view request, const std::function<void(const ControlRecord& item)>& item = {});

 private:
  net::Stream stream_;
  const std::string folder_;
};

/// From now on the server that runs on `data_dir`, if one does, is told which mailboxes `store` changes, a store of this
/// process on the same data: its sessions then look at them at once. Never waits: what is not told is found out by the
/// server's poll. Ends with the subscription.
[[nodiscard]] store::Subscription tell_server_of_changes(store::Store& store, const std::filesystem::path& data_dir);

}  // namespace posthouse::server
