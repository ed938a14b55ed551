#include "tests/support/mariadb_server.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::test {
namespace {

namespace fs = std::filesystem;

// Making tables takes ten times as long on a disk.
fs::path roomy_folder() {
  std::error_code error;
  const fs::path fast = fast_folder();
  return fs::space(fast, error).available > (1U << 30U) && !error ? fast : fs::temp_directory_path();
}

std::string find_program(const char* name) {
  for (const char* folder : {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"}) {
    const fs::path path = fs::path(folder) / name;
    if (::access(path.c_str(), X_OK) == 0) {
      return path.string();
    }
  }
  return {};
}

// Starts a program with its output in `log`; under the user nobody when this is root.
pid_t start(const std::vector<std::string>& command, const fs::path& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  const passwd* const nobody = ::geteuid() == 0 ? ::getpwnam("nobody") : nullptr;
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const pid_t child = ::fork();
  if (child != 0) {
    ::close(output);
    return child;
  }
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (nobody != nullptr && (::setgid(nobody->pw_gid) != 0 || ::setuid(nobody->pw_uid) != 0)) {
    ::_exit(126);
  }
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// As root: the server does not run as root.
void give_to_nobody(const fs::path& path) {
  if (::geteuid() != 0) {
    return;
  }
  const passwd* const nobody = ::getpwnam("nobody");
  if (nobody == nullptr || ::chown(path.c_str(), nobody->pw_uid, nobody->pw_gid) != 0) {
    throw std::runtime_error("cannot give " + path.string() + " to the user nobody");
  }
}

// mariadbd cannot be asked for any free port.
std::uint16_t free_port() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool works = ::bind(probe, generic, size) == 0 && ::getsockname(probe, generic, &size) == 0;
  ::close(probe);
  if (!works) {
    throw std::runtime_error("cannot find a free port");
  }
  return ntohs(address.sin_port);
}

bool answers(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.copy(address.sun_path, sizeof address.sun_path - 1);
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool works = ::connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return works;
}

}  // namespace

struct MariadbServer::State {
  TemporaryFolder folder{roomy_folder()};
  MariadbServerOptions options;
  std::uint16_t port = 0;
  pid_t server = -1;
  int databases = 0;

  std::string socket() const { return (folder / "s.sock").string(); }
  fs::path log() const { return folder / "log"; }

  [[noreturn]] void fail(const std::string& what) const {
    std::ifstream file(log());
    std::ostringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    throw std::runtime_error(what + ":\n" + all.substr(all.size() - std::min<std::size_t>(all.size(), 3000)));
  }

  void install() const {
    const pid_t child =
        start({find_program("mariadb-install-db"), "--no-defaults", "--datadir=" + data(), "--tmpdir=" + temporary(),
               "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"},
              log());
    if (wait_for(child) != 0) {
      fail("mariadb-install-db failed");
    }
  }

  void launch() {
    std::vector<std::string> command{find_program("mariadbd"),
                                     "--no-defaults",
                                     "--datadir=" + data(),
                                     "--tmpdir=" + temporary(),
                                     "--socket=" + socket(),
                                     "--pid-file=" + (folder / "pid").string(),
                                     "--skip-name-resolve",
                                     "--innodb-flush-log-at-trx-commit=1",
                                     "--innodb-doublewrite=OFF",
                                     "--innodb-flush-method=nosync",
                                     "--innodb-buffer-pool-size=64M",
                                     "--innodb-log-file-size=32M",
                                     "--performance-schema=OFF",
                                     "--character-set-server=utf8mb4",
                                     "--lc-messages=en_US"};
    if (options.tcp) {
      if (port == 0) {
        port = free_port();
      }
      command.insert(command.end(), {"--bind-address=127.0.0.1,127.0.0.2", "--port=" + std::to_string(port)});
    } else {
      command.emplace_back("--skip-networking");
    }
    if (!options.cert_file.empty()) {
      command.insert(command.end(), {"--ssl-cert=" + own_copy(options.cert_file, "cert.pem"),
                                     "--ssl-key=" + own_copy(options.key_file, "key.pem")});
    } else {
      command.emplace_back("--skip-ssl");  // later servers make a certificate of their own
    }
    command.insert(command.end(), options.arguments.begin(), options.arguments.end());
    server = start(command, log());
    for (int attempt = 0; attempt < 1200 && !answers(socket()); ++attempt) {
      if (::waitpid(server, nullptr, WNOHANG) == server) {
        server = -1;
        fail("mariadbd ended");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    if (!answers(socket())) {
      fail("mariadbd does not answer");
    }
  }

  void end(int signal) {
    if (server < 0) {
      return;
    }
    ::kill(server, signal);
    ::kill(server, SIGCONT);  // if it is frozen
    wait_for(server);
    server = -1;
  }

  // A copy that the server's user may read.
  std::string own_copy(const std::string& file, const char* name) const {
    const fs::path copy = folder / name;
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
    give_to_nobody(copy);
    return copy.string();
  }

  std::string data() const { return (folder / "data").string(); }
  // Of its own: a server that starts removes the temporary tables it finds, and one whose tables go ends by a signal.
  std::string temporary() const { return folder.path().string(); }
};

MariadbServer::MariadbServer(MariadbServerOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  fs::create_directory(state_->data());
  give_to_nobody(state_->folder.path());
  give_to_nobody(state_->data());
  try {
    state_->install();
    state_->launch();
  } catch (...) {
    state_->end(SIGKILL);
    throw;
  }
}

MariadbServer::~MariadbServer() {
  state_->end(SIGKILL);
}

bool MariadbServer::available() {
  return !find_program("mariadbd").empty() && !find_program("mariadb-install-db").empty();
}

std::string MariadbServer::url(const std::string& database, const std::string& more) const {
  return "mysql://root@/" + database + "?unix_socket=" + state_->socket() + more;
}

std::string MariadbServer::socket() const {
  return state_->socket();
}

std::string MariadbServer::new_name() {
  return "test" + std::to_string(++state_->databases);
}

std::uint16_t MariadbServer::port() const {
  return state_->port;
}

void MariadbServer::crash() {
  state_->end(SIGKILL);
}

void MariadbServer::freeze() {
  ::kill(state_->server, SIGSTOP);
  siginfo_t stopped{};
  ::waitid(P_PID, static_cast<id_t>(state_->server), &stopped, WSTOPPED);  // all its threads
}

void MariadbServer::thaw() {
  ::kill(state_->server, SIGCONT);
}

void MariadbServer::restart() {
  state_->end(SIGTERM);
  state_->launch();
}

}  // namespace posthouse::test
