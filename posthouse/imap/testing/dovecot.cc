#include "posthouse/imap/testing/dovecot.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "tests/support/temporary_folder.h"
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/tls/certificate.h"

namespace posthouse::imap {
namespace {

constexpr const char* program = "/usr/sbin/dovecot";
constexpr const char* compress_plugin = "/usr/lib/dovecot/modules/lib30_imap_zlib_plugin.so";  // before Dovecot 2.4
constexpr const char* imap_program = "/usr/lib/dovecot/imap";

std::string name_of_user(uid_t id) {
  const passwd* const entry = ::getpwuid(id);
  return entry == nullptr ? std::to_string(id) : entry->pw_name;
}
std::string name_of_group(gid_t id) {
  const group* const entry = ::getgrgid(id);
  return entry == nullptr ? std::to_string(id) : entry->gr_name;
}

// Whose files the mail is: nobody's where this is root, since Dovecot opens no mail as root.
struct Owner {
  uid_t user = ::geteuid();
  gid_t group = ::getegid();
  bool root = ::geteuid() == 0;
  Owner() {
    if (const passwd* const nobody = root ? ::getpwnam("nobody") : nullptr; nobody != nullptr) {
      user = nobody->pw_uid;
      group = nobody->pw_gid;
    }
  }
};

// Ports that were free a moment ago. (Dovecot cannot be asked for any.)
std::uint16_t free_port() {
  return net::listen("127.0.0.1:0").local_address().port();
}

std::string configuration(const std::string& folder, const Owner& owner, std::uint16_t port, std::uint16_t tls_port) {
  std::string text = "base_dir = " + folder + "/run\nstate_dir = " + folder + "/state\nlog_path = " + folder +
                     "/log\n"
                     "protocols = imap\nlisten = 127.0.0.1\nfirst_valid_uid = 1\nmail_location = maildir:~/Maildir\n"
                     "auth_mechanisms = plain login scram-sha-256\nauth_failure_delay = 0\n"
                     "ssl = yes\nssl_cert = <" +
                     folder + "/cert.pem\nssl_key = <" + folder +
                     "/key.pem\n"
                     "passdb {\n  driver = static\n  args = password=secret\n}\n"
                     "userdb {\n  driver = static\n  args = uid=" +
                     std::to_string(owner.user) + " gid=" + std::to_string(owner.group) + " home=" + folder +
                     "/mail/%n\n}\n"
                     "namespace inbox {\n  inbox = yes\n  separator = /\n"
                     "  mailbox Trash {\n    auto = create\n    special_use = \\Trash\n  }\n"
                     "  mailbox Sent {\n    auto = create\n    special_use = \\Sent\n  }\n}\n"
                     "service imap-login {\n  inet_listener imap {\n    port = " +
                     std::to_string(port) + "\n  }\n  inet_listener imaps {\n    port = " + std::to_string(tls_port) +
                     "\n    ssl = yes\n  }\n}\n"
                     // No waiting behind a wrong password.
                     "service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}\n";
  if (std::filesystem::exists(compress_plugin)) {
    text += "protocol imap {\n  mail_plugins = imap_zlib\n}\n";
  }
  if (!owner.root) {
    const std::string user = name_of_user(owner.user), group = name_of_group(owner.group);
    text += "default_internal_user = " + user + "\ndefault_internal_group = " + group +
            "\ndefault_login_user = " + user +
            "\nservice anvil {\n  chroot =\n}\nservice imap-login {\n  chroot =\n}\nservice stats {\n  chroot =\n}\n";
  }
  return text;
}

bool answers(std::uint16_t port) {
  try {
    net::Stream stream = net::connect(net::Address("127.0.0.1", port), std::chrono::seconds(5));
    return stream.read_line(1000, std::chrono::seconds(5)).has_value();
  } catch (const net::Error&) {
    return false;
  }
}

}  // namespace

struct Dovecot::State {
  test::TemporaryFolder folder{};
  std::uint16_t port = 0, tls_port = 0;
  std::string certificate{};
  pid_t child = -1;

  bool runs() const { return ::waitpid(child, nullptr, WNOHANG) == 0; }
};

bool Dovecot::installed() {
  return ::access(program, X_OK) == 0 && ::access(imap_program, X_OK) == 0;
}

Dovecot::Dovecot() : state_(std::make_unique<State>()) {
  State& state = *state_;
  const Owner owner;
  std::filesystem::permissions(state.folder.path(), std::filesystem::perms(0755));
  const std::string mail = state.folder.file("mail");
  std::filesystem::create_directory(mail);
  if (::chown(mail.c_str(), owner.user, owner.group) != 0) {
    throw std::runtime_error("cannot give " + mail + " to its owner");
  }
  state.certificate = state.folder.file("cert.pem");
  net::make_self_signed(state.certificate, state.folder.file("key.pem"), {"localhost", "127.0.0.1"}, 2);
  state.port = free_port();
  state.tls_port = free_port();
  const std::string config = state.folder.write(
      "dovecot.conf", configuration(state.folder.path().string(), owner, state.port, state.tls_port));
  const std::string output = state.folder.file("output");
  state.child = ::fork();
  if (state.child == 0) {
    const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execl(program, program, "-F", "-c", config.c_str(), nullptr);
    ::_exit(127);
  }
  const auto limit = net::Deadline::after(std::chrono::seconds(60));
  while (!answers(state.port)) {
    if (limit.expired() || !state.runs()) {
      throw std::runtime_error("dovecot does not start:\n" + state.folder.read("output") + log());
    }
    net::sleep_for(std::chrono::milliseconds(20));
  }
}

Dovecot::~Dovecot() {
  ::kill(state_->child, SIGTERM);
  ::waitpid(state_->child, nullptr, 0);
}

std::uint16_t Dovecot::port() const noexcept {
  return state_->port;
}
std::uint16_t Dovecot::tls_port() const noexcept {
  return state_->tls_port;
}
const std::string& Dovecot::certificate() const noexcept {
  return state_->certificate;
}
std::string Dovecot::log() const {
  return state_->folder.read("log");
}

}  // namespace posthouse::imap
