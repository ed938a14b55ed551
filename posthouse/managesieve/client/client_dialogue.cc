#include "posthouse/managesieve/client/client_dialogue.h"

#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/managesieve/wire/strings.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/shared_tls_context.h"

namespace posthouse::managesieve {
namespace {

struct Kind {
  std::string_view code;
  Errc errc;
};
constexpr Kind kinds[] = {
    {"TRYLATER", Errc::temporary},
    {"REFERRAL", Errc::referral},
    {"NONEXISTENT", Errc::nonexistent},
    {"ALREADYEXISTS", Errc::already_exists},
    {"ACTIVE", Errc::active},
    {"ENCRYPT-NEEDED", Errc::insecure},
    {"AUTH-TOO-WEAK", Errc::auth_failed},
    {"TRANSITION-NEEDED", Errc::auth_failed},
};

Errc kind_of(std::string_view code, Errc otherwise) {
  if (code == "QUOTA" || code.starts_with("QUOTA/")) {
    return Errc::quota;
  }
  for (const Kind& kind : kinds) {
    if (kind.code == code) {
      return kind.errc;
    }
  }
  return otherwise;
}

}  // namespace

ClientDialogue::ClientDialogue(net::Stream stream, ClientOptions options)
    : stream_(std::move(stream)),
      options_(std::move(options)),
      tracer_(options_.trace),
      reader_(Side::server, {.literals = options_.max_script, .skipped = 0}) {}

void ClientDialogue::begin_tls(const std::string& server_name, net::Deadline deadline) {
  const auto context = options_.tls_context ? *options_.tls_context : net::shared_client_context(options_.tls_options);
  reader_.reset();
  stream_.start_tls_client(context, server_name, deadline);
  tracer_.began_tls(stream_);
}

void ClientDialogue::command(const std::string& line, std::string shown) {
  shown_ = std::move(shown);
  // After an answer that nobody asked for, no other can be told from the one before it; but a server may say BYE.
  if (!stream_.buffered().empty()) {
    next();
    nonsense("each command gets one answer");
  }
  if (options_.trace) {
    options_.trace(net::Speaker::client, shown_);
  }
  stream_.write_later(line);
  stream_.write("\r\n", deadline());
}

void ClientDialogue::response(std::string_view base64) {
  tracer_.response(base64);
  stream_.write_later(as_string(base64, Side::client));
  stream_.write("\r\n", deadline());
}

SentenceState ClientDialogue::read_sentence() {
  try {
    for (;;) {
      const SentenceStep step = reader_.read(stream_.buffered());
      stream_.consume(step.size);
      if (step.state != SentenceState::more) {
        return step.state == SentenceState::endless ? reader_.failure() : step.state;
      }
      if (!stream_.fill(deadline())) {
        throw net::Error(net::Errc::closed, "the ManageSieve server ended the connection instead of answering " +
                                                (shown_.empty() ? "with its greeting" : shown_));
      }
    }
  } catch (...) {
    stream_.close();
    throw;
  }
}

Response ClientDialogue::next(Errc otherwise) {
  switch (read_sentence()) {
    case SentenceState::complete:
      break;
    case SentenceState::too_large:
      too_large();
    default:
      nonsense("that follows no grammar");
  }
  auto response = parse_response(reader_.tokens());
  if (!response) {
    nonsense("a response is data, OK, NO or BYE");
  }
  trace_response(*response);
  if (response->kind == Response::Kind::no || response->kind == Response::Kind::bye) {
    refused(*response, otherwise);
  }
  return *std::move(response);
}

Response ClientDialogue::outcome(Errc otherwise, const std::function<void(std::vector<Token>&)>& each) {
  for (std::size_t count = 0;; ++count) {
    Response response = next(otherwise);
    if (response.kind == Response::Kind::ok) {
      return response;
    }
    if (!each) {
      nonsense("nothing was asked for");
    }
    if (count == options_.max_entries) {
      too_large();
    }
    each(response.data);
  }
}

void ClientDialogue::trace_response(const Response& response) const {
  if (!tracer_.active()) {
    return;
  }
  if (response.kind == Response::Kind::data) {
    std::string line;
    for (const Token& token : response.data) {
      line += line.empty() ? "" : " ";
      line += token.text.size() > 1024 || token.text.find('\n') != std::string::npos
                  ? fmt::format("({} octets)", token.text.size())
                  : printable(token.text, 1024);
    }
    return tracer_.reply(line);
  }
  const char* const words[] = {"", "OK", "NO", "BYE"};
  tracer_.reply(fmt::format("{}{}{}{} {}", words[static_cast<int>(response.kind)], response.code.empty() ? "" : " (",
                            response.code, response.code.empty() ? "" : ")", printable(response.text, 1024)));
}

void ClientDialogue::nonsense(const std::string& what) {
  stream_.close();
  throw Error(Errc::protocol,
              fmt::format("the ManageSieve server's answer to {} makes no sense: {}",
                          shown_.empty() ? "the connection" : shown_, what),
              {.statement = shown_, .connection_usable = false});
}

void ClientDialogue::too_large() {
  stream_.close();
  throw Error(Errc::too_large, "the ManageSieve server sent too much in answer to " + shown_,
              {.statement = shown_, .connection_usable = false});
}

void ClientDialogue::refused(const Response& response, Errc otherwise) {
  const bool bye = response.kind == Response::Kind::bye;
  if (bye) {
    stream_.close();
  }
  const std::string said = response.text.empty() ? "no reason given" : printable(response.text, 1000);
  Errc kind = kind_of(response.code, bye && otherwise != Errc::auth_failed ? Errc::bye : otherwise);
  throw Error(kind,
              shown_.empty() ? "the ManageSieve server refuses the connection: " + said
                             : fmt::format("the ManageSieve server refuses {}: {}", shown_, said),
              {.statement = shown_, .reply = response.text, .connection_usable = !bye}, response.code,
              response.code_value);
}

}  // namespace posthouse::managesieve
