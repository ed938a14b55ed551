#include "posthouse/milter/client/client.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/milter/error.h"

namespace posthouse::milter {
namespace {

/// As much of `text` as can be told, up to `most` octets; a NUL would end it.
std::string told(std::string_view text, std::size_t most = 8 * 1024) {
  std::string clean(text.substr(0, most));
  std::replace(clean.begin(), clean.end(), '\0', ' ');
  return clean;
}

void add_text(std::string& data, std::string_view text) {
  data += told(text);
  data += '\0';
}

std::string path_data(std::string_view path, std::string_view parameters) {
  std::string data;
  add_text(data, path);
  for (const std::string_view parameter : split(parameters.substr(0, 32 * 1024), ' ')) {
    if (!parameter.empty()) {
      add_text(data, parameter);
    }
  }
  return data;
}

std::string_view without_brackets(std::string_view path) noexcept {
  return path.size() >= 2 && path.starts_with('<') && path.ends_with('>') ? path.substr(1, path.size() - 2) : path;
}

std::string ip_of(const net::Address& peer) {
  const std::string ip = peer.ip();
  return ip.substr(0, ip.find('%'));
}

std::string connect_data(std::string_view host, const net::Address& peer) {
  std::string data;
  add_text(data, host);
  if (peer.family() == net::Address::Family::none) {
    return data + 'U';
  }
  data += !peer.is_ip() ? 'L' : peer.ipv4_octets().empty() ? '6' : '4';
  data += static_cast<char>(peer.port() >> 8);
  data += static_cast<char>(peer.port() & 0xFF);
  add_text(data, ip_of(peer));
  return data;
}

Verdict verdict_of(OnFailure setting) noexcept {
  switch (setting) {
    case OnFailure::accept:
      return Verdict::accept;
    case OnFailure::reject:
      return Verdict::reject;
    case OnFailure::tempfail:
      break;
  }
  return Verdict::tempfail;
}

/// How far a verdict reaches.
enum class Reach : std::uint8_t { connection, message, this_alone };

}  // namespace

/// One step as the protocol has it.
struct Client::StepKind {
  char command;
  std::optional<Stage> macros;
  std::uint32_t no;     // the flag that leaves it out
  std::uint32_t quiet;  // the flag that leaves the answer out
  Reach reach;
  std::uint32_t since = oldest_version;
};

Client::Client(Endpoint endpoint, ClientOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)), channel_(options_) {}

Client::Client(net::Stream stream, ClientOptions options) : options_(std::move(options)), channel_(options_) {
  channel_.open(std::move(stream));
}

Answer Client::fail(const std::string& why) {
  channel_.close();
  connection_answer_ = Answer{.verdict = verdict_of(options_.on_failure), .failure = why};
  return *connection_answer_;
}

/// Runs `ask`, unless a verdict stands already. What fails becomes one.
template <class F>
auto Client::guarded(F&& ask) -> decltype(ask()) {
  using Returned = decltype(ask());
  const auto given = [](Answer answer) {
    if constexpr (std::is_same_v<Returned, Answer>) {
      return answer;
    } else {
      return Result{.answer = std::move(answer)};
    }
  };
  if (connection_answer_) {
    return given(*connection_answer_);
  }
  if (message_answer_) {
    return given(*message_answer_);
  }
  try {
    if (!channel_.is_open() || !negotiated_) {
      return given(fail("the filter is not connected"));
    }
    return ask();
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      channel_.close();
      throw;
    }
    return given(fail(error.what()));
  }
}

void Client::start() {
  if (!channel_.is_open()) {
    if (!endpoint_) {
      throw Error(Errc::closed, "the connection to the filter is over");
    }
    negotiated_ = false;
    channel_.open(milter::connect(*endpoint_, options_.timeouts.connect));
  }
  if (!negotiated_) {
    agreed_ = channel_.negotiate();
    negotiated_ = true;
    macros_.want_usual();
    for (std::size_t stage = 0; stage < stages; ++stage) {
      if (agreed_.macros[stage]) {
        macros_.want(static_cast<Stage>(stage), *agreed_.macros[stage]);
      }
    }
  }
}

template <class F>
Answer Client::step(const StepKind& kind, F&& data_of) {
  return guarded([&]() -> Answer {
    if (skips(kind.no) || agreed_.version < kind.since) {
      return {};
    }
    const bool quiet = skips(kind.quiet);
    channel_.say(kind.command, data_of(), kind.macros ? macros_.packet_data(*kind.macros, kind.command) : "", !quiet);
    in_message_ = in_message_ || kind.reach != Reach::connection;
    if (quiet) {
      return {};
    }
    const Response said = channel_.answer();
    if (std::holds_alternative<Skip>(said)) {
      if (kind.command != command::body || !skips(step::skip)) {
        throw Error(Errc::protocol, "the filter wants to skip what cannot be skipped");
      }
      skip_body_ = true;
      return {};
    }
    const Answer& answer = std::get<Answer>(said);
    const bool refuses = answer.verdict == Verdict::reject || answer.verdict == Verdict::tempfail;
    if (kind.reach == Reach::connection && answer.verdict == Verdict::discard) {
      throw Error(Errc::protocol, "the filter discards where there is no message");
    }
    if (answer.verdict == Verdict::drop || (kind.reach == Reach::connection && !answer.goes_on())) {
      connection_answer_ = answer;
    } else if (!answer.goes_on() && !(kind.reach == Reach::this_alone && refuses)) {
      message_answer_ = answer;
    }
    return answer;
  });
}

Answer Client::connect(std::string_view host, const net::Address& peer) {
  connection_answer_.reset();
  message_answer_.reset();
  try {
    start();
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      channel_.close();
      throw;
    }
    return fail(error.what());
  }
  const std::string ip = ip_of(peer);
  const std::string name = !host.empty() ? std::string(host) : peer.is_ip() ? '[' + ip + ']' : "localhost";
  macros_.set("client_name", host.empty() ? "unknown" : host);
  macros_.set("client_addr", ip);
  macros_.set("client_port", std::to_string(peer.port()));
  static constexpr StepKind kind{command::connect, Stage::connect, step::no_connect, step::quiet_connect,
                                 Reach::connection};
  return step(kind, [&] { return connect_data(name, peer); });
}

Answer Client::helo(std::string_view name) {
  static constexpr StepKind kind{command::helo, Stage::helo, step::no_helo, step::quiet_helo, Reach::connection};
  return step(kind, [&] { return told(name) + '\0'; });
}

Answer Client::mail(std::string_view path, std::string_view parameters) {
  if (in_message_) {
    abort();
  }
  message_answer_.reset();
  macros_.set("mail_addr", without_brackets(path));
  static constexpr StepKind kind{command::mail, Stage::mail, step::no_mail, step::quiet_mail, Reach::message};
  return step(kind, [&] { return path_data(path, parameters); });
}

Answer Client::recipient(std::string_view path, std::string_view parameters) {
  macros_.set("rcpt_addr", without_brackets(path));
  static constexpr StepKind kind{command::recipient, Stage::recipient, step::no_recipient, step::quiet_recipient,
                                 Reach::this_alone};
  return step(kind, [&] { return path_data(path, parameters); });
}

Answer Client::data() {
  static constexpr StepKind kind{command::data, Stage::data, step::no_data, step::quiet_data, Reach::message, 4};
  return step(kind, [] { return std::string(); });
}

Answer Client::unknown(std::string_view line) {
  static constexpr StepKind kind{command::unknown,    std::nullopt,      step::no_unknown,
                                 step::quiet_unknown, Reach::this_alone, 3};
  return step(kind, [&] { return told(line) + '\0'; });
}

std::string Client::field_data(std::string_view name, std::string_view value) const {
  if (!skips(step::leading_space)) {
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  }
  std::string data = told(name, 1000) + '\0' + told(value, 64'000);
  std::erase(data, '\r');  // filters know lines of fields that end in LF
  return data + '\0';
}

Answer Client::header(std::string_view name, std::string_view value) {
  static constexpr StepKind kind{command::header, std::nullopt, step::no_header, step::quiet_header, Reach::message};
  return step(kind, [&] { return field_data(name, value); });
}

Answer Client::end_of_header() {
  static constexpr StepKind kind{command::end_of_header, Stage::end_of_header, step::no_end_of_header,
                                 step::quiet_end_of_header, Reach::message};
  return step(kind, [] { return std::string(); });
}

Answer Client::send_body() {
  static constexpr StepKind kind{command::body, std::nullopt, step::no_body, step::quiet_body, Reach::message};
  const std::string chunk = std::exchange(body_, {});
  return step(kind, [&]() -> const std::string& { return chunk; });
}

Answer Client::body(std::string_view piece) {
  Answer answer = connection_answer_ ? *connection_answer_ : message_answer_ ? *message_answer_ : Answer();
  while (!piece.empty() && wants_more() && !skip_body_ && !skips(step::no_body)) {
    const std::string_view taken = piece.substr(0, max_chunk - body_.size());
    body_ += taken;
    piece.remove_prefix(taken.size());
    if (body_.size() == max_chunk) {
      answer = send_body();
    }
  }
  return answer;
}

Result Client::end_of_message() {
  if (!body_.empty() && wants_more()) {
    send_body();
  }
  Result result = guarded([&]() -> Result {
    channel_.say(command::end_of_message, {}, macros_.packet_data(Stage::end_of_message, command::end_of_message),
                 true);
    Result said = channel_.verdict();
    in_message_ = false;
    if (said.answer.verdict == Verdict::drop) {
      connection_answer_ = said.answer;
    }
    return said;
  });
  abort();
  return result;
}

void Client::abort() noexcept {
  const bool tell = std::exchange(in_message_, false) && channel_.is_open() && !connection_answer_;
  body_.clear();
  skip_body_ = false;
  message_answer_.reset();
  macros_.clear_message();
  if (!tell) {
    return;
  }
  try {
    channel_.say(command::abort, {}, {}, true);
  } catch (const posthouse::Error&) {
    channel_.close();  // the next step tells
  }
}

void Client::next_client() noexcept {
  const bool failed = connection_answer_ && !connection_answer_->failure.empty();
  connection_answer_.reset();
  abort();
  macros_.clear();
  if (!channel_.is_open() || failed || !negotiated_ || agreed_.version < 6) {
    quit();
    return;
  }
  try {
    channel_.say(command::quit_new_connection, {}, {}, true);
  } catch (const posthouse::Error&) {
    channel_.close();
  }
}

void Client::quit() noexcept {
  if (channel_.is_open()) {
    try {
      channel_.say(command::quit, {}, {}, true);
    } catch (const posthouse::Error&) {
      // It is closed in any case.
    }
  }
  channel_.close();
}

}  // namespace posthouse::milter
