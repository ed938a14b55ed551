#include "posthouse/sql/mariadb/mariadb_login.h"

#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "posthouse/fiber/sync.h"
#include "posthouse/fiber/time.h"
#include "posthouse/fiber/world.h"
#include "posthouse/sql/error.h"
#include "posthouse/sql/mariadb/mariadb_error.h"

namespace posthouse::sql::mariadb {
namespace {

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

// Shared by the thread that connects and whoever waits for it, so that either may be the first to leave.
class Attempt {
 public:
  Attempt(Handle mysql, Login login, fiber::Deadline deadline)
      : mysql_(std::move(mysql)), login_(std::move(login)), deadline_(deadline) {}

  // On the thread that connects.
  void run() noexcept {
    MYSQL* result = nullptr;
    int status = mysql_real_connect_start(&result, mysql_.get(), login_.host.c_str(), or_null(login_.user),
                                          or_null(login_.password), or_null(login_.database), login_.port,
                                          or_null(login_.unix_socket), CLIENT_FOUND_ROWS);
    while (status != 0) {
      status = mysql_real_connect_cont(&result, mysql_.get(), wait(status));
    }
    connected_ = result != nullptr;
    done_.set();
  }

  // On the side of whoever waits.
  bool wait_until_done() { return done_.wait(deadline_); }
  void abandon() noexcept { abandoned_.store(true, std::memory_order_relaxed); }
  Handle take() {
    if (!connected_) {
      if (deadline_.expired()) {
        fail_late();
      }
      fail_to_connect(mysql_.get(), login_.place());
    }
    return std::move(mysql_);
  }
  [[noreturn]] void fail_late() const {
    throw Error(Errc::connection, fmt::format("cannot connect to {}: no answer in time", login_.place()), {},
                EngineCode{.retryable = true});
  }

 private:
  // Waits for what the library asks for, and tells it what there is, or that its time is over.
  int wait(int status) const noexcept {
    constexpr int slice_ms = 20;
    fiber::Deadline until = deadline_;
    if ((status & MYSQL_WAIT_TIMEOUT) != 0) {
      until = fiber::Deadline::earlier(until, std::chrono::milliseconds(mysql_get_timeout_value_ms(mysql_.get())));
    }
    const int socket = mysql_get_socket(mysql_.get());
    pollfd asked{socket, 0, 0};
    asked.events = static_cast<short>(((status & MYSQL_WAIT_READ) != 0 ? POLLIN : 0) |
                                      ((status & MYSQL_WAIT_WRITE) != 0 ? POLLOUT : 0));
    while (!abandoned_.load(std::memory_order_relaxed) && !until.expired()) {
      if (::poll(&asked, 1, slice_ms) > 0) {
        return status & ~MYSQL_WAIT_TIMEOUT;  // the library looks for itself which of them it is
      }
    }
    if (abandoned_.load(std::memory_order_relaxed) || deadline_.expired()) {
      ::shutdown(socket, SHUT_RDWR);  // its TLS does not listen to time-outs
    }
    return MYSQL_WAIT_TIMEOUT;
  }

  Handle mysql_;
  const Login login_;
  const fiber::Deadline deadline_;
  std::atomic<bool> abandoned_{false};
  bool connected_ = false;  // read once done_ is set
  fiber::Event done_;
};

}  // namespace

Handle log_in(Handle mysql, Login login, std::chrono::milliseconds patience) {
  const auto attempt = std::make_shared<Attempt>(std::move(mysql), std::move(login), fiber::Deadline(patience));
  if (fiber::World::current() != nullptr) {  // whose fibers do not wait for threads
    attempt->run();
    return attempt->take();
  }
  try {
    std::thread([attempt] { attempt->run(); }).detach();
  } catch (const std::system_error& failure) {
    throw Error(Errc::connection, std::string("cannot start a thread to connect: ") + failure.what(), {},
                EngineCode{.retryable = true});
  }
  try {
    if (!attempt->wait_until_done()) {
      attempt->fail_late();
    }
  } catch (...) {
    attempt->abandon();
    throw;
  }
  return attempt->take();
}

}  // namespace posthouse::sql::mariadb
