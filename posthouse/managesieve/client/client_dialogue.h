#pragma once
// What a ManageSieve client says and hears: commands out, responses in. Private to this module.
//
// Invariants:
//  1. An answer is read whole before the next call returns; when it cannot be, the connection is closed, so that the
//     rest of one answer is never taken for the next one.
//  2. No sentence beyond the limits of ClientOptions is kept.
//  3. What trace and errors show of a command has its secrets masked.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/dialogue/trace.h"
#include "posthouse/managesieve/client/client.h"
#include "posthouse/managesieve/wire/response.h"
#include "posthouse/managesieve/wire/sentence_reader.h"

namespace posthouse::managesieve {

class ClientDialogue {
 public:
  ClientDialogue(net::Stream stream, ClientOptions options);
  ClientDialogue(const ClientDialogue&) = delete;
  ClientDialogue& operator=(const ClientDialogue&) = delete;

  /// Sends `line`, which traces and errors call `shown`.
  void command(const std::string& line, std::string shown);
  /// Sends a string that answers a challenge of a log-in.
  void response(std::string_view base64);

  /// The next response. Throws Error for NO (`otherwise` where its code says nothing better) and BYE.
  Response next(Errc otherwise = Errc::refused);
  /// The outcome OK of a command, and what came before it, each handed to `each`.
  Response outcome(Errc otherwise = Errc::refused, const std::function<void(std::vector<Token>& data)>& each = {});

  /// Throws Errc::protocol and closes.
  [[noreturn]] void nonsense(const std::string& what);

  net::Stream& stream() noexcept { return stream_; }
  const ClientOptions& options() const noexcept { return options_; }
  void set_deadline(net::Deadline deadline) { overall_ = deadline; }  ///< For all that is said until it is changed.
  void begin_tls(const std::string& server_name, net::Deadline deadline);

 private:
  SentenceState read_sentence();
  void trace_response(const Response& response) const;
  [[noreturn]] void refused(const Response& response, Errc otherwise);
  [[noreturn]] void too_large();
  net::Deadline deadline() const {
    return net::Deadline::earlier(overall_, net::Deadline::after(options_.timeouts.answer));
  }

  net::Stream stream_;
  ClientOptions options_;
  dialogue::Tracer tracer_;
  SentenceReader reader_;
  net::Deadline overall_;
  std::string shown_;  // the command being answered, masked
};

}  // namespace posthouse::managesieve
