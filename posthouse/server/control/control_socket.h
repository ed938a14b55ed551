#pragma once
// The door by which commands on this machine reach the running server: a Unix socket in the data folder, for the user
// that the server runs as and for root. Private to this module.
//
// Whoever adds a command to the server gives it a name and a function (ControlSocket::add); what is said is in
// control_record.h. Nothing that comes from there is trusted with more than a line of text.
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/listen/listener.h"
#include "posthouse/server/control/control_address.h"
#include "posthouse/server/control/control_record.h"

namespace posthouse::server {

/// Thrown by a command: what() is the answer "error".
class ControlRefusal : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ControlSocket {
 public:
  using Arguments = std::vector<std::string_view>;
  /// Gets an item of the answer.
  using Item = std::function<void(const ControlRecord&)>;
  /// Called in a fiber of its own for each request, so also at the same time; `arguments` are valid during the call.
  using Command = std::function<void(const Arguments& arguments, const Item& item)>;

  ControlSocket() = default;
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  ~ControlSocket() { close(); }

  /// Before serve().
  void add(std::string name, Command command) { commands_[std::move(name)] = std::move(command); }

  /// Binds the socket in `data_dir`, of which this process is the one server. Throws net::Error.
  void open(const std::filesystem::path& data_dir);
  /// Serves until close(): 16 clients at a time, each with any number of requests, one after the other. Does nothing when it
  /// is not open.
  void serve();
  /// From any fiber; may be called again.
  void close() noexcept { listener_.close(); }

 private:
  void serve_client(net::Stream& stream);
  void answer(net::Stream& stream, std::string_view line);

  std::map<std::string, Command, std::less<>> commands_;
  std::unique_ptr<ControlAddress> address_;
  net::Listener listener_;
};

}  // namespace posthouse::server
