#include "apps/posthouse/hand_in.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include "apps/posthouse/sendmail_letter.h"
#include <poll.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"

namespace posthouse::app {
namespace {

using namespace std::chrono_literals;

constexpr auto most_silence = 5min;          // as a client of SMTP waits (RFC 5321 section 4.5.3.2)
constexpr std::size_t longest_reply = 8192;  // octets of a line
constexpr int most_lines = 100;              // of a reply
constexpr std::string_view domain_keyword = "XDOMAIN ";

/// `text` with its leading dots doubled (RFC 5321 section 4.5.2), and the line that ends it.
std::string on_the_wire(std::string_view text) {
  std::string wire;
  wire.reserve(text.size() + 64);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::size_t size = (end == std::string_view::npos ? text.size() : end + 1) - at;
    wire += text[at] == '.' ? "." : "";
    wire += text.substr(at, size);
    at += size;
  }
  return wire += wire.empty() || wire.ends_with("\r\n") ? ".\r\n" : "\r\n.\r\n";
}

int status_of(std::string_view reply) {
  return reply.starts_with('4')           ? EX_TEMPFAIL
         : reply.starts_with("550 5.1.1") ? EX_NOUSER
         : reply.find(" 5.7.1") == 3      ? EX_NOPERM
         : reply.find(" 5.1.") == 3       ? EX_DATAERR
                                          : EX_UNAVAILABLE;
}

/// A descriptor that is closed when this ends.
struct Descriptor {
  int number = -1;
  ~Descriptor() { ::close(number); }
};

/// Passes on what is there to be read; false at the end of it.
bool pass_on(int from, int to) {
  char octets[std::size_t{16} << 10];
  const ssize_t got = ::read(from, octets, sizeof octets);
  if (got < 0 && errno == EINTR) {
    return true;
  }
  for (ssize_t done = 0; done < got;) {
    const ssize_t written = ::write(to, octets + done, static_cast<std::size_t>(got - done));
    if (written < 0 && errno != EINTR) {
      return false;
    }
    done += written < 0 ? 0 : written;
  }
  return got > 0;
}

}  // namespace

std::string hand_in_path(const Place& place) {
  return place.socket.empty() ? place.folder + "/submission" : place.socket;
}

std::optional<HandIn> HandIn::connect(const std::string& path) {
  try {
    HandIn session(net::connect(net::Address::unix_path(path), 10s));
    return session;
  } catch (const net::Error&) {
    return std::nullopt;
  }
}

HandIn::HandIn(net::Stream stream) : stream_(std::move(stream)) {
  stream_.set_timeout(most_silence);
  read_reply();
  const std::string hello = ask("EHLO localhost");
  if (const std::size_t at = hello.find(domain_keyword); at != std::string::npos) {
    const std::string_view rest = std::string_view(hello).substr(at + domain_keyword.size());
    domain_ = rest.substr(0, rest.find('\n'));
  }
}

std::string HandIn::read_reply() {
  std::string reply;
  for (int lines = 0; lines < most_lines; ++lines) {
    const std::optional<std::string> line = stream_.read_line(longest_reply);
    if (!line || line->size() < 3) {
      break;
    }
    reply += (reply.empty() ? "" : "\n") + *line;
    if (line->size() == 3 || (*line)[3] != '-') {
      return reply;
    }
  }
  throw SendmailError(EX_TEMPFAIL, "the server has ended the session");
}

std::string HandIn::ask(const std::string& line, char first) {
  stream_.write(line + "\r\n");
  std::string reply = read_reply();
  if (reply.front() != first) {
    throw SendmailError(status_of(reply), "the server refuses it: " + printable(reply, 500) + "; nothing was sent");
  }
  return reply;
}

void HandIn::send(const std::string& sender, const std::vector<std::string>& recipients, std::string_view text,
                  bool utf8) {
  ask("MAIL FROM:<" + sender + ">" + (is_ascii(text) ? "" : " BODY=8BITMIME") + (utf8 ? " SMTPUTF8" : ""));
  for (const std::string& one : recipients) {
    ask("RCPT TO:<" + one + ">");
  }
  ask("DATA", '3');
  stream_.write(on_the_wire(text));
  const std::string reply = read_reply();
  if (reply.front() != '2') {
    throw SendmailError(status_of(reply), "the server refuses it: " + printable(reply, 500) + "; nothing was sent");
  }
  stream_.write("QUIT\r\n");
}

void join_hand_in(const std::string& path) {
  const Descriptor server{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_storage storage{};
  const auto size = static_cast<socklen_t>(net::Address::unix_path(path).to_sockaddr(&storage));
  if (::connect(server.number, reinterpret_cast<const sockaddr*>(&storage), size) != 0) {
    throw SendmailError(EX_TEMPFAIL, "no server takes letters at " + printable(path));
  }
  pollfd waiting[] = {{STDIN_FILENO, POLLIN, 0}, {server.number, POLLIN, 0}};
  for (;;) {
    if (::poll(waiting, 2, -1) < 0) {
      continue;  // interrupted
    }
    if (waiting[1].revents != 0 && !pass_on(server.number, STDOUT_FILENO)) {
      return;
    }
    if (waiting[0].revents != 0 && !pass_on(STDIN_FILENO, server.number)) {
      ::shutdown(server.number, SHUT_WR);
      waiting[0].fd = -1;
    }
  }
}

}  // namespace posthouse::app
