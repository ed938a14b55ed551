#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>

namespace mailload {

class Driver;

/// One connection's conversation with the other side, line by line. What it does is told by on_line(), which the driver
/// calls for each line received; it answers with send(), and goes on over a new connection (reconnect) or ends
/// (finish).
class Dialogue {
 public:
  Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  virtual ~Dialogue();

 protected:
  /// A connection has been opened: the server's greeting has yet to come, or ours to be sent.
  virtual void on_open() {}
  /// @param line without its CRLF; valid during the call.
  virtual void on_line(std::string_view line) = 0;
  /// The connection failed; `why` says how. Afterwards the dialogue is over unless it calls reconnect().
  virtual void on_failure(const std::string& why) = 0;

  void send(std::string_view octets);
  void reconnect();
  void finish();

 private:
  friend class Driver;
  enum class Next { go_on, reconnect, finish };
  void open(const sockaddr_in& server, int epoll);
  void adopt(int socket, int epoll);
  void close();
  void readable();
  bool fill();
  void writable();

  sockaddr_in server_{};
  int socket_ = -1;
  int epoll_ = -1;
  Next next_ = Next::go_on;
  std::string input_;
  std::size_t input_read_ = 0;
  std::string output_;
  bool awaits_writable_ = false;
};

/// A socket of 127.0.0.1 that listens. Whoever connects waits until a driver accepts.
class ListeningSocket {
 public:
  /// @throws std::runtime_error where the port cannot be had.
  explicit ListeningSocket(long port);
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;
  ~ListeningSocket();
  int descriptor() const { return socket_; }

 private:
  int socket_;
};

/// Runs many dialogues with one host in one thread, over epoll, so that the client takes little of the machine.
class Driver {
 public:
  /// As many files may be open as the system lets this process have.
  /// @param host an IPv4 address. @param port that dialogues are with unless they say another.
  Driver(const std::string& host, long port);
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  ~Driver();

  /// Opens a connection for `dialogue` and takes part in it from the next run() on.
  Dialogue& add(std::unique_ptr<Dialogue> dialogue);
  Dialogue& add(std::unique_ptr<Dialogue> dialogue, long port);
  /// Takes the connections of `socket` from the next run() on, each for a dialogue that `make` gives. One socket only,
  /// which outlives the driver.
  void accept(const ListeningSocket& socket, std::function<std::unique_ptr<Dialogue>()> make);
  /// Calls `call` in run() once now() is `when`, a millisecond late at most.
  void call_at(double when, std::function<void()> call) { calls_.emplace(when, std::move(call)); }
  /// Until no dialogue is left (and no connection is accepted), or enough() says so, which is asked after every batch of
  /// events.
  /// @throws std::runtime_error when nothing has come from the server for two and a half minutes.
  void run(const std::function<bool()>& enough = [] { return false; });
  std::size_t active() const { return dialogues_.size(); }

 private:
  void settle(Dialogue& dialogue);
  void accept_all();
  void make_due_calls();
  int longest_wait_ms() const;

  sockaddr_in server_{};
  int epoll_;
  int listening_ = -1;
  std::function<std::unique_ptr<Dialogue>()> make_;
  std::multimap<double, std::function<void()>> calls_;
  std::vector<std::unique_ptr<Dialogue>> dialogues_;
};

}  // namespace mailload
