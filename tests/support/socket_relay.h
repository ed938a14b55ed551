#pragma once
// A Unix socket that passes everything on to another one, until the test cuts it.
#include <memory>
#include <string>

namespace posthouse::test {

/// Runs in a thread of its own from construction to destruction.
class SocketRelay {
 public:
  /// Passes on to the socket at `target`. Throws std::runtime_error.
  explicit SocketRelay(const std::string& target);
  ~SocketRelay();

  /// Where clients connect.
  const std::string& path() const;
  /// Closes the side of every client there is. The other sides are closed when the server has answered or gone: it
  /// finishes what it has been told. Returns when clients have been cut.
  void drop_clients();
  /// Closes both sides of all.
  void drop_all();
  /// From now on new clients are cut at once, or not any more.
  void refuse_clients(bool refuse);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::test
