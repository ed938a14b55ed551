#pragma once
// Letters handed to the running server, at the socket that it has for programs of this machine.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/data_option.h"

#include "posthouse/net/stream/stream.h"

namespace posthouse::app {

/// Where the server on `place` takes letters.
std::string hand_in_path(const Place& place);

/// An SMTP session with the server, which knows the user by his uid.
class HandIn {
 public:
  /// Nothing when no server answers at the socket `path`, or this user may not reach it.
  static std::optional<HandIn> connect(const std::string& path);

  /// What bare names are completed with.
  const std::string& domain() const noexcept { return domain_; }

  /// Sends one letter, with CRLF line ends, to all `recipients` or, where one is refused, to nobody. Throws SendmailError
  /// with the server's words, and net::Error.
  void send(const std::string& sender, const std::vector<std::string>& recipients, std::string_view text, bool utf8);

 private:
  explicit HandIn(net::Stream stream);
  std::string read_reply();
  /// Says `line`; returns the reply. Throws SendmailError when that is not of the kind that `first` begins.
  std::string ask(const std::string& line, char first = '2');

  net::Stream stream_;
  std::string domain_{};
};

/// Joins standard input and output to the socket `path`, for a program that speaks SMTP itself (-bs). Returns when the
/// server has ended the session. Throws SendmailError when nobody answers.
void join_hand_in(const std::string& path);

}  // namespace posthouse::app
