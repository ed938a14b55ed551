#include <cerrno>
#include <mutex>
#include <utility>

#include "posthouse/fiber/engine/wait_list.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"

namespace posthouse::net {

namespace {

using fiber::detail::WaitList;

// How long descriptors or memory that have run out are waited for, unless a connection ends first; also how soon a
// listener's end is noticed while as many connections as allowed are open.
constexpr auto recheck = std::chrono::milliseconds(100);

class Server {
 public:
  Server(Listener& listener, std::function<void(Stream&)>& handler, ServeOptions& options)
      : listener_(listener), handler_(handler), options_(options) {}

  void run() {
    while (listener_.is_open()) {
      if (full()) {
        wait_for_an_end();
        continue;
      }
      try {
        start(listener_.accept());
      } catch (const Error& error) {
        if (error.errc() == Errc::canceled) {
          if (!listener_.is_open()) {
            break;
          }
          throw;
        }
        if (!error.retryable()) {
          throw;
        }
        report(error);
        wait_for_an_end();
      }
    }
    wait_for_handlers();
    connections_.join();
  }

 private:
  bool full() {
    const std::lock_guard lock(mutex_);
    return active_ >= options_.max_connections;
  }

  void start(Stream stream) {
    {
      const std::lock_guard lock(mutex_);
      ++active_;
    }
    try {
      connections_.spawn([this, stream = std::move(stream)]() mutable { talk(stream); }, "connection");
    } catch (...) {
      ended();
      throw;
    }
  }

  void talk(Stream& stream) {
    try {
      handler_(stream);
    } catch (const Error& error) {
      if (error.errc() != Errc::canceled) {
        report(error);
      }
    } catch (const std::exception& error) {
      report(error);
    }
    stream.close();
    ended();
  }

  void ended() {
    fiber::detail::Wakeups wakeups;
    const std::lock_guard lock(mutex_);
    --active_;
    an_end_.notify_one(wakeups);
  }

  void wait_for_an_end() {
    std::unique_lock lock(mutex_);
    if (an_end_.wait(lock, recheck) == WaitList::Result::interrupted) {
      fiber::detail::throw_interrupted();
    }
  }

  void wait_for_handlers() {
    if (options_.grace == Duration::max()) {
      return;
    }
    const Deadline end(options_.grace);
    std::unique_lock lock(mutex_);
    while (active_ > 0) {
      switch (an_end_.wait(lock, end)) {
        case WaitList::Result::notified:
          continue;
        case WaitList::Result::interrupted:
          fiber::detail::throw_interrupted();
        case WaitList::Result::timeout:
          break;
      }
      lock.unlock();
      connections_.cancel();
      return;
    }
  }

  void report(const std::exception& error) {
    if (options_.on_error) {
      options_.on_error(error);
    }
  }

  Listener& listener_;
  std::function<void(Stream&)>& handler_;
  ServeOptions& options_;
  std::mutex mutex_;
  std::size_t active_ = 0;
  WaitList an_end_{"the end of a connection"};
  Scope connections_;  // last: its destructor waits for the fibers that use the rest
};

}  // namespace

void serve(Listener& listener, std::function<void(Stream&)> handler, ServeOptions options) {
  Server(listener, handler, options).run();
}

}  // namespace posthouse::net
