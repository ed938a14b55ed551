#pragma once
// What an IMAP client says and hears: commands out, responses in. Private to this module.
//
// Invariants:
//  1. A command's answer is read to its tagged line before the next command is sent; of run_ahead(), whose commands are alike,
//     two are under way, and their answers come in order. Where it cannot be read, the connection is closed, so that the rest
//     of one answer is never taken for the next one.
//  2. All that comes goes through follow(), whatever was asked; what no command takes as its answer is an event.
//  3. What is kept is bounded by ClientOptions. Of what was not asked for no more than max_entries responses are read for
//     one command.
//  4. What trace and errors show of a command has its secrets masked.
//  5. One fiber has the turn at a time (Turn). Whoever wants it ends the IDLE under way by DONE, sent once, under `done_`.
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/dialogue/trace.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/imap/client/client_options.h"
#include "posthouse/imap/client/error.h"
#include "posthouse/imap/client/selected.h"
#include "posthouse/imap/wire/command/command_text.h"
#include "posthouse/imap/wire/response/response_reader.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::imap {

/// What the numbers of a command are.
enum class Numbers : std::uint8_t { sequence, uid };

class ClientSession {
 public:
  /// Takes data that belongs to the answer, and says whether it did.
  using Take = std::function<bool(response::Data& data)>;
  /// Gets the octets of a body as they come.
  using Sink = std::function<void(std::string_view octets)>;

  ClientSession(net::Stream stream, ClientOptions options);
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  /// Reads the greeting.
  response::Status greeting();
  /// Goes over to TLS; forgets all that was said before.
  void start_tls(const std::string& server_name, net::Deadline deadline);

  /// COMPRESS; from then on all is compressed.
  void compress();

  /// Says a command and hears its answer: the tagged OK. Throws Error for NO (`otherwise` where its response code says
  /// nothing better) and BAD.
  response::Status run(command::Arguments arguments, const Take& take = {}, Numbers numbers = Numbers::sequence,
                       Errc otherwise = Errc::refused);
  /// The same for one body, whose octets go to `sink`: true when it came.
  bool run_streaming(const command::Fetch& fetch, const Section& section, const Take& take, const Sink& sink);
  /// AUTHENTICATE: `line` is the command, `answer` makes each line that follows.
  response::Status authenticate(const std::string& line, const std::function<std::string(std::string_view)>& answer);
  /// A message of an APPEND, whose octets `write` sends.
  struct AppendedPiece {
    AppendPart part{};
    std::function<void(const Sink& send)> write{};
  };
  /// APPEND of one message, or of several (MULTIAPPEND).
  response::Status append(const command::Append& command, std::span<const AppendedPiece> pieces, const Take& take = {});
  /// UID FETCHes as long as there is a `next` one, of which each is said before the answer to the one before has ended.
  void run_ahead(const std::function<std::optional<command::Fetch>()>& next, const Take& take);
  /// LOGOUT: nothing that comes is an error.
  void log_out();
  /// IDLE, until there is an event, `deadline` passes or somebody else wants the turn.
  void idle(net::Deadline deadline);
  /// The same by NOOP.
  void poll(net::Deadline deadline);
  /// Ends either. From any fiber of this loop.
  void interrupt() noexcept;

  /// Reads what has come meanwhile, without waiting.
  void drain();

  /// Counts what the last response has kept of an answer. Throws Errc::too_large beyond the limits.
  void count_kept(std::size_t entries = 1);
  /// Throws Errc::protocol and closes.
  [[noreturn]] void nonsense(const std::string& what);
  [[noreturn]] void too_large(const std::string& what);

  const std::vector<std::string>& capabilities();
  bool supports(std::string_view name);
  /// True when the server has an extension, or IMAP4rev2, if that has taken it in (RFC 9051 appendix E).
  bool offers(std::string_view extension);
  bool enabled(std::string_view name) const noexcept;
  void forget_capabilities() noexcept { capabilities_.reset(); }
  void remember_capabilities(std::vector<std::string> names) { capabilities_ = response::Capability{std::move(names)}; }
  /// The tag of the command under way.
  const std::string& tag() const noexcept { return tag_; }
  net::Stream& stream() noexcept { return stream_; }
  const ClientOptions& options() const noexcept { return options_; }
  void set_deadline(net::Deadline deadline) { overall_ = deadline; }  ///< For all that is said until it is changed.

  std::vector<Event> take_events();
  bool take_events_lost() noexcept;

  std::optional<Selected> selected{};
  bool logged_in = false;
  bool compressed = false;

 private:
  friend class Turn;
  enum class Idle : std::uint8_t { none, starting, stop_asked, on, done_sent, polling };
  static constexpr std::size_t max_traced = 8 * 1024;  // octets of a command or a response in a trace

  // Closes the connection unless the command came to its proper end.
  class Guard {
   public:
    explicit Guard(ClientSession& session) : session_(session) {}
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() {
      if (!done_) {
        session_.stream_.close();
      }
    }
    void done() noexcept { done_ = true; }

   private:
    ClientSession& session_;
    bool done_ = false;
  };

  net::Deadline deadline() const {
    return net::Deadline::earlier(overall_, net::Deadline::after(options_.timeouts.answer));
  }
  const std::string& new_tag();
  void begin_command(std::string shown);
  std::optional<response::Status> send_text(const CommandText& text, const Take& take);
  std::optional<response::Status> wait_for_plus(const Take& take, std::string* text = nullptr);
  void send_message(const AppendPart& part, const std::function<void(const Sink& send)>& write);
  response::Status hear(const Take& take);
  response::Status end(response::Status status, Errc otherwise);
  [[noreturn]] void refuse(const response::Status& status, Errc otherwise);

  Response& next();
  Response* next_until(net::Deadline deadline, bool wait = true);
  void body_begins();
  void body_octets(std::string_view octets);
  [[noreturn]] void ended();
  void untagged(response::Data& data, const Take& take);
  response::Status tagged(Response& response);
  void follow(const response::Data& data);
  void follow_status(const response::Status& status);
  void keep_event(response::Data& data);
  CommandStyle style();
  void trace_command(std::string_view shown);
  void trace_response();
  bool idle_once(net::Deadline deadline);
  void say_done();
  void send_done();
  bool wanted_elsewhere() const noexcept { return waiting_.load() > 0; }

  net::Stream stream_;
  ClientOptions options_;
  dialogue::Tracer tracer_;
  ResponseReader reader_;
  net::Deadline overall_{};
  std::uint64_t tags_ = 0;
  std::string tag_{};
  std::string shown_{};              // the command being answered, masked, without its tag
  std::string traced_{};             // of the response being read
  std::uint64_t response_size_ = 0;  // octets of it, or of the last one, without streamed bodies
  bool fresh_ = true;                // no octet of the next response has been read
  std::size_t unasked_ = 0;          // responses to this command that it did not ask for
  std::size_t kept_entries_ = 0;
  std::uint64_t kept_octets_ = 0;

  const Section* body_section_ = nullptr;  // the body that is streamed to body_sink_
  const Sink* body_sink_ = nullptr;
  bool body_came_ = false;
  bool body_wanted_ = false;  // the body being read is that one

  std::optional<response::Capability> capabilities_{};
  std::vector<std::string> enabled_{};
  NameStyle names_ = NameStyle::utf7;
  std::optional<std::string> bye_{};
  bool logging_out_ = false;

  std::deque<std::pair<Event, std::uint64_t>> events_{};  // with their octets on the wire
  std::uint64_t event_octets_ = 0;
  bool events_lost_ = false;
  std::uint64_t events_come_ = 0;  // ever, also those for the listener

  fiber::Mutex turn_;
  std::atomic<int> waiting_{0};
  fiber::Mutex done_;
  std::atomic<Idle> idle_{Idle::none};
  fiber::Event wake_;
};

/// The right to use the session, while it lives. Ends the IDLE under way. Throws Errc::usage in a callback of a call to
/// the same client, which could only wait for itself.
class Turn {
 public:
  explicit Turn(ClientSession& session);
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn();

 private:
  ClientSession& session_;
  const ClientSession* outer_;
};

}  // namespace posthouse::imap
