#include "posthouse/imap/client/session.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/shared_tls_context.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t max_shown = 200;       // octets of a command in an error
constexpr std::size_t max_auth_rounds = 32;  // challenges of one log-in

// A command without its line end and with its secrets masked.
std::string masked(const Command& command, std::string_view octets) {
  if (const auto* login = std::get_if<command::Login>(&command.arguments)) {
    return "LOGIN " + login->user + " ***";
  }
  octets.remove_prefix(std::min(octets.size(), command.tag.size() + 1));
  return std::string(octets.substr(0, octets.find_last_not_of("\r\n") + 1));
}

Errc kind_of(const std::string& code, Errc otherwise) {
  if (code == "AUTHENTICATIONFAILED" || code == "AUTHORIZATIONFAILED" || code == "EXPIRED") {
    return Errc::auth_failed;
  }
  if (code == "UNAVAILABLE" || code == "INUSE") {
    return Errc::temporary;
  }
  return otherwise;
}

bool is_event(const response::Data& data) {
  if (const auto* status = std::get_if<response::Status>(&data)) {
    return status->condition == response::Condition::bye ||
           (status->code && (status->code->is("ALERT") || status->code->is("NOTIFICATIONOVERFLOW")));
  }
  return !std::holds_alternative<response::Unknown>(data) && !std::holds_alternative<response::Capability>(data) &&
         !std::holds_alternative<response::Enabled>(data) && !std::holds_alternative<response::Recent>(data) &&
         !std::holds_alternative<response::FlagList>(data);
}

}  // namespace

ClientSession::ClientSession(net::Stream stream, ClientOptions options)
    : stream_(std::move(stream)), options_(std::move(options)), tracer_(options_.trace), reader_(options_.limits) {}

response::Status ClientSession::greeting() {
  Guard guard(*this);
  Response& response = next();
  auto* status = std::get_if<response::Status>(&response.data);
  if (response.kind != ResponseKind::untagged || status == nullptr || status->condition == response::Condition::no ||
      status->condition == response::Condition::bad) {
    nonsense("a greeting is OK, PREAUTH or BYE");
  }
  follow(response.data);
  if (bye_) {
    ended();
  }
  logged_in = status->condition == response::Condition::preauth;
  guard.done();
  return std::move(*status);
}

void ClientSession::start_tls(const std::string& server_name, net::Deadline deadline) {
  const auto context = options_.tls_context ? *options_.tls_context : net::shared_client_context(options_.tls_options);
  stream_.start_tls_client(context, server_name, deadline);
  reader_.reset();
  forget_capabilities();
  take_events();
  tracer_.began_tls(stream_);
}

// What comes right behind the answer is compressed. The reader stops at a response's end and leaves it to the stream.
void ClientSession::compress() {
  run(command::Compress{"DEFLATE"});
  Guard guard(*this);
  stream_.start_deflate(deadline());
  compressed = true;
  tracer_.note("compressed from here on");
  guard.done();
}

// Commands.

CommandStyle ClientSession::style() {
  CommandStyle style;
  style.names = names_;
  style.strings = names_ == NameStyle::utf8 ? StringStyle::utf8 : StringStyle::ascii;
  // What is not known is not asked for here: a command is being made.
  const auto has = [&](std::string_view name) { return capabilities_ && capabilities_->has(name); };
  if (has("LITERAL+")) {
    style.non_synchronizing = std::numeric_limits<std::uint64_t>::max();
  } else if (has("LITERAL-") || has("IMAP4rev2")) {
    style.non_synchronizing = 4096;
  }
  return style;
}

const std::string& ClientSession::new_tag() {
  return tag_ = "A" + std::to_string(++tags_);
}

void ClientSession::begin_command(std::string shown) {
  drain();
  unasked_ = kept_entries_ = 0;
  kept_octets_ = 0;
  trace_command(tag_ + ' ' + shown);
  if (shown.size() > max_shown) {
    shown.resize(max_shown);
    shown += "…";
  }
  shown_ = std::move(shown);
}

void ClientSession::trace_command(std::string_view shown) {
  if (!tracer_.active()) {
    return;
  }
  const bool long_one = shown.size() > max_traced;
  for (std::string_view rest = shown.substr(0, max_traced); !rest.empty();) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    options_.trace(net::Speaker::client, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  if (long_one) {
    tracer_.note("… command of " + std::to_string(shown.size()) + " octets");
  }
}

std::optional<response::Status> ClientSession::send_text(const CommandText& text, const Take& take) {
  const std::string_view octets = text.octets;
  std::size_t sent = 0;
  for (const std::size_t pause : text.pauses) {
    stream_.write(octets.substr(sent, pause - sent), deadline());
    if (auto ended_early = wait_for_plus(take)) {
      return ended_early;
    }
    sent = pause;
  }
  stream_.write(octets.substr(sent), deadline());
  return std::nullopt;
}

response::Status ClientSession::run(command::Arguments arguments, const Take& take, Numbers numbers, Errc otherwise) {
  Guard guard(*this);
  const Command command{.tag = new_tag(), .uid = numbers == Numbers::uid, .arguments = std::move(arguments)};
  const CommandText text = write_command(command, style());
  begin_command(masked(command, text.octets));
  auto ended_early = send_text(text, take);
  auto status = ended_early ? *std::move(ended_early) : hear(take);
  guard.done();
  return end(std::move(status), otherwise);
}

bool ClientSession::run_streaming(const command::Fetch& fetch, const Section& section, const Take& take,
                                  const Sink& sink) {
  struct Streaming {
    ClientSession& session;
    Streaming(ClientSession& s, const Section& section, const Sink& sink) : session(s) {
      s.reader_.stream_bodies(true);
      s.body_section_ = &section;
      s.body_sink_ = &sink;
      s.body_came_ = s.body_wanted_ = false;
    }
    ~Streaming() {
      session.reader_.stream_bodies(false);
      session.body_section_ = nullptr;
      session.body_sink_ = nullptr;
    }
  } streaming(*this, section, sink);
  run(fetch, take, Numbers::uid);
  return body_came_;
}

response::Status ClientSession::authenticate(const std::string& line,
                                             const std::function<std::string(std::string_view)>& answer) {
  Guard guard(*this);
  std::string_view shown = line;
  const std::size_t secret = shown.find(' ', shown.find(' ') + 1);
  new_tag();
  begin_command(std::string(shown.substr(0, secret)) + (secret == std::string_view::npos ? "" : " ***"));
  stream_.writev({tag_, " ", line, "\r\n"}, deadline());
  std::string challenge;
  for (std::size_t round = 0;; ++round) {
    if (auto status = wait_for_plus({}, &challenge)) {
      guard.done();
      return end(*std::move(status), Errc::auth_failed);
    }
    if (round == max_auth_rounds) {
      nonsense("a log-in has not so many challenges");
    }
    const std::string response = answer(challenge);
    tracer_.response(response);
    stream_.writev({response, "\r\n"}, deadline());
  }
}

response::Status ClientSession::append(const command::Append& append, std::span<const AppendedPiece> pieces,
                                       const Take& take) {
  Guard guard(*this);
  const Command command{.tag = new_tag(), .uid = false, .arguments = append};
  CommandText text = write_command(command, style());
  bool first = true;
  for (const auto& [part, write] : pieces) {
    const CommandText head = append_part_text(part, style());
    for (const std::size_t pause : head.pauses) {
      text.pauses.push_back(text.octets.size() + pause);
    }
    text.octets += head.octets;
    if (first) {
      begin_command(masked(command, text.octets));
      first = false;
    }
    if (auto status = send_text(text, take)) {
      guard.done();
      return end(*std::move(status), Errc::refused);
    }
    send_message(part, write);
    text = {.octets = part.utf8 ? ")" : ""};
  }
  stream_.write(text.octets + "\r\n", deadline());
  auto status = hear(take);
  guard.done();
  return end(std::move(status), Errc::refused);
}

void ClientSession::send_message(const AppendPart& part, const std::function<void(const Sink& send)>& write) {
  std::uint64_t left = part.size;
  write([&](std::string_view octets) {
    if (octets.size() > left) {
      throw Error(Errc::usage, "the message is longer than was announced", {.connection_usable = false});
    }
    left -= octets.size();
    stream_.write(octets, deadline());
  });
  if (left != 0) {
    throw Error(Errc::usage, "the message is shorter than was announced", {.connection_usable = false});
  }
  if (tracer_.active()) {
    tracer_.note("message of " + std::to_string(part.size) + " octets");
  }
}

void ClientSession::run_ahead(const std::function<std::optional<command::Fetch>()>& next, const Take& take) {
  constexpr std::size_t most_in_flight = 2;  // short commands: they fit into what a server's system buffers
  Guard guard(*this);
  std::deque<std::string> in_flight;
  std::optional<response::Status> refusal;
  for (;;) {
    while (in_flight.size() < most_in_flight && !refusal) {
      std::optional<command::Fetch> fetch = next();
      if (!fetch) {
        break;
      }
      const Command command{.tag = new_tag(), .uid = true, .arguments = *std::move(fetch)};
      const CommandText text = write_command(command, style());
      if (in_flight.empty()) {
        begin_command(masked(command, text.octets));
      } else {
        trace_command(tag_ + ' ' + masked(command, text.octets));
      }
      stream_.write(text.octets, deadline());
      in_flight.push_back(tag_);
    }
    if (in_flight.empty()) {
      break;
    }
    tag_ = in_flight.front();
    response::Status status = hear(take);
    in_flight.pop_front();
    if (status.condition != response::Condition::ok && !refusal) {
      refusal = std::move(status);
    }
  }
  guard.done();
  end(std::move(refusal).value_or(response::Status{}), Errc::refused);
}

void ClientSession::log_out() {
  logging_out_ = true;
  logged_in = false;
  selected.reset();
  try {
    run(command::Logout{});
  } catch (const Error&) {
    // LOGOUT changes nothing on the server, so its answer says nothing that anybody could want to know.
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::canceled) {
      throw;
    }
  }
  stream_.close();
}

// Answers.

std::optional<response::Status> ClientSession::wait_for_plus(const Take& take, std::string* text) {
  for (;;) {
    Response& response = next();
    switch (response.kind) {
      case ResponseKind::continuation:
        if (text != nullptr) {
          *text = std::get<response::Status>(response.data).text;
        }
        return std::nullopt;
      case ResponseKind::tagged:
        return tagged(response);
      case ResponseKind::untagged:
        untagged(response.data, take);
        break;
    }
  }
}

response::Status ClientSession::hear(const Take& take) {
  if (auto status = wait_for_plus(take)) {
    return *std::move(status);
  }
  nonsense("nothing more is to be said");
}

response::Status ClientSession::tagged(Response& response) {
  if (response.tag != tag_) {
    nonsense("it has the tag of another command");
  }
  follow(response.data);
  auto& status = std::get<response::Status>(response.data);
  if (status.condition == response::Condition::bye || status.condition == response::Condition::preauth) {
    nonsense("a command ends with OK, NO or BAD");
  }
  return std::move(status);
}

response::Status ClientSession::end(response::Status status, Errc otherwise) {
  if (bye_) {
    stream_.close();
  }
  if (status.condition != response::Condition::ok) {
    refuse(status, otherwise);
  }
  return status;
}

void ClientSession::refuse(const response::Status& status, Errc otherwise) {
  const bool bad = status.condition == response::Condition::bad;
  const std::string code = status.code ? status.code->name : std::string();
  std::string reply = bad ? "BAD " : "NO ";
  if (status.code) {
    append_response_code(reply, *status.code);
    reply += ' ';
  }
  reply += status.text;
  throw Error(kind_of(code, bad && otherwise == Errc::refused ? Errc::bad : otherwise),
              fmt::format("the IMAP server refuses {}: {}", shown_, printable(reply)),
              {.statement = shown_, .reply = reply, .connection_usable = !bye_}, code);
}

void ClientSession::untagged(response::Data& data, const Take& take) {
  follow(data);
  if (take && take(data)) {
    return;
  }
  if (++unasked_ > options_.max_entries) {
    too_large("more than " + std::to_string(options_.max_entries) + " responses that nobody asked for");
  }
  keep_event(data);
}

void ClientSession::follow(const response::Data& data) {
  if (const auto* capability = std::get_if<response::Capability>(&data)) {
    capabilities_ = *capability;
  } else if (const auto* more = std::get_if<response::Enabled>(&data)) {
    for (const std::string& name : more->names) {
      if (!enabled(name) && enabled_.size() < 1000) {
        enabled_.push_back(name);
      }
      if (iequals(name, "UTF8=ACCEPT") || iequals(name, "IMAP4rev2")) {
        names_ = NameStyle::utf8;
        reader_.set_names(names_);
      }
    }
  } else if (const auto* status = std::get_if<response::Status>(&data)) {
    follow_status(*status);
  }
  if (selected) {
    selected->follow(data);
  }
}

void ClientSession::follow_status(const response::Status& status) {
  if (status.condition == response::Condition::bye && !logging_out_) {
    bye_ = status.text;
  }
  if (!status.code) {
    return;
  }
  if (status.code->is("CAPABILITY")) {
    if (const auto* names = std::get_if<std::vector<std::string>>(&status.code->value)) {
      capabilities_ = response::Capability{*names};
    }
  } else if (status.code->is("CLOSED") && selected) {
    // What came before was about the mailbox that was open (RFC 9051 section 7.1).
    selected = Selected{.mailbox = selected->mailbox, .read_only = selected->read_only};
  } else if (status.code->is("NOTIFICATIONOVERFLOW")) {
    events_lost_ = true;  // the server tells of nothing any more (RFC 5465 section 5.8)
  }
}

void ClientSession::keep_event(response::Data& data) {
  if (!is_event(data)) {
    return;
  }
  ++events_come_;
  if (options_.listener) {
    options_.listener(data);
    return;
  }
  const std::uint64_t size = response_size_ + sizeof(Event);
  if (events_.size() >= options_.max_events || event_octets_ + size > options_.max_event_octets) {
    events_lost_ = true;
    return;
  }
  event_octets_ += size;
  events_.emplace_back(std::move(data), size);
}

std::vector<Event> ClientSession::take_events() {
  std::vector<Event> taken;
  taken.reserve(events_.size());
  for (auto& [event, size] : events_) {
    taken.push_back(std::move(event));
  }
  events_.clear();
  event_octets_ = 0;
  return taken;
}

bool ClientSession::take_events_lost() noexcept {
  return std::exchange(events_lost_, false);
}

const std::vector<std::string>& ClientSession::capabilities() {
  if (!capabilities_) {
    run(command::Capability{}, [](response::Data& data) { return std::holds_alternative<response::Capability>(data); });
    if (!capabilities_) {
      capabilities_.emplace();
    }
  }
  return capabilities_->names;
}

bool ClientSession::supports(std::string_view name) {
  capabilities();
  return capabilities_->has(name);
}

bool ClientSession::offers(std::string_view extension) {
  static constexpr std::string_view taken_in[] = {"ENABLE",    "ESEARCH", "IDLE",        "LIST-EXTENDED", "MOVE",
                                                  "NAMESPACE", "SASL-IR", "SPECIAL-USE", "UIDPLUS",       "UNSELECT"};
  return supports(extension) || (std::ranges::find(taken_in, extension) != std::end(taken_in) && supports("IMAP4rev2"));
}

bool ClientSession::enabled(std::string_view name) const noexcept {
  return std::any_of(enabled_.begin(), enabled_.end(), [&](const std::string& one) { return iequals(one, name); });
}

void ClientSession::count_kept(std::size_t entries) {
  kept_entries_ += entries;
  kept_octets_ += response_size_;
  if (kept_entries_ > options_.max_entries) {
    too_large("an answer of more than " + std::to_string(options_.max_entries) + " entries");
  }
  if (kept_octets_ > options_.max_answer) {
    too_large("an answer of more than " + std::to_string(options_.max_answer) + " octets");
  }
}

}  // namespace posthouse::imap
