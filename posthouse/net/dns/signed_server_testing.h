#pragma once
// For tests: a real DNS server (unbound, out of Debian's packages) on 127.0.0.1 with zones signed a moment ago.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include "tests/support/temporary_folder.h"
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::net::testing {

/// Serves zones until it is destroyed. All files are in a folder of its own.
class SignedServer {
 public:
  /// Empty when all it takes is installed, otherwise what is missing.
  static std::string missing() {
    for (const char* tool : {"/usr/sbin/unbound", "/usr/bin/ldns-keygen", "/usr/bin/ldns-signzone"}) {
      if (::access(tool, X_OK) != 0) {
        return tool;
      }
    }
    return {};
  }

  SignedServer() = default;
  SignedServer(const SignedServer&) = delete;
  SignedServer& operator=(const SignedServer&) = delete;
  ~SignedServer() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }

  /// Adds the zone `name` ("one.test") with `records` in the form of a zone file.
  void add_unsigned(const std::string& name, const std::string& records) {
    write(name + ".zone", head(name) + records);
    zones_ << "auth-zone:\n  name: \"" << name << "\"\n  zonefile: \"" << path(name + ".zone")
           << "\"\n  for-downstream: yes\n  for-upstream: yes\n";
  }
  /// Adds a signed zone whose key is a trust anchor. `options` are those of ldns-signzone. After the signing the text
  /// `forged` is put in place of `original`.
  void add_signed(const std::string& name, const std::string& records, const std::string& options = "",
                  const std::string& original = "", const std::string& forged = "") {
    add_unsigned(name, records);
    const std::string key = output_of("ldns-keygen -a ECDSAP256SHA256 -k " + name);
    output_of("ldns-signzone " + options + " -f signed " + name + ".zone " + key);
    std::string zone = read("signed");
    if (!original.empty()) {
      const auto at = zone.find(original);
      if (at == std::string::npos) {
        throw std::runtime_error("nothing to forge");
      }
      zone.replace(at, original.size(), forged);
    }
    write(name + ".zone", zone);
    anchors_ += read(key + ".ds");
  }

  /// Starts it; its port may be taken by somebody else in between, then another is tried.
  void start() {
    write("anchors", anchors_);
    for (int attempt = 0; attempt < 20; ++attempt) {
      port_ = free_port();
      if (try_to_start()) {
        return;
      }
    }
    throw std::runtime_error("unbound does not start:\n" + said_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// The file with the keys of all signed zones.
  std::string anchors() const { return path("anchors"); }

 private:
  static std::string head(const std::string& name) {
    return "$ORIGIN " + name + ".\n$TTL 60\n@ IN SOA ns admin 1 3600 600 86400 60\n@ IN NS ns\nns IN A 127.0.0.1\n";
  }
  std::string path(const std::string& name) const { return folder_.file(name); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  /// What a command run in the folder prints, without the last line end.
  std::string output_of(const std::string& command) const {
    std::FILE* pipe = ::popen(("cd '" + folder_.path().string() + "' && " + command + " 2>&1").c_str(), "r");
    std::string text;
    std::array<char, 256> piece{};
    while (std::fgets(piece.data(), piece.size(), pipe) != nullptr) {
      text += piece.data();
    }
    if (::pclose(pipe) != 0) {
      throw std::runtime_error(command + ": " + text);
    }
    while (text.ends_with('\n')) {
      text.pop_back();
    }
    return text;
  }
  static int free_port() {
    const int probe = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = ::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(probe);
    return bound ? ntohs(address.sin_port) : 0;
  }

  bool try_to_start() {
    // max-udp-size makes long answers come over TCP; without the validator the server passes on what is bogus.
    write(
        "unbound.conf",
        "server:\n  interface: 127.0.0.1@" + std::to_string(port_) + "\n  directory: \"" + folder_.path().string() +
            "\"\n  chroot: \"\"\n  username: \"\"\n  pidfile: \"\"\n  use-syslog: no\n  logfile: \"\"\n  verbosity: 1\n"
            "  do-daemonize: no\n  do-ip6: no\n  num-threads: 1\n  max-udp-size: 512\n  unblock-lan-zones: yes\n"
            "  local-zone: \"test.\" transparent\n  module-config: \"iterator\"\n  so-reuseport: no\n" +
            "remote-control:\n  control-enable: no\n" + zones_.str());
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
      throw std::runtime_error("no pipe");
    }
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(ends[1], STDERR_FILENO);
      ::close(ends[0]);
      const std::string config = path("unbound.conf");
      ::execl("/usr/sbin/unbound", "unbound", "-d", "-c", config.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> errors(::fdopen(ends[0], "r"), &std::fclose);
    std::array<char, 512> line{};
    said_.clear();
    while (std::fgets(line.data(), line.size(), errors.get()) != nullptr) {
      said_ += line.data();
      if (said_.find("start of service") != std::string::npos) {
        return true;
      }
    }
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
    return false;
  }

  test::TemporaryFolder folder_;
  std::ostringstream zones_;
  std::string anchors_;
  std::string said_;
  int port_ = 0;
  pid_t process_ = -1;
};

}  // namespace posthouse::net::testing
