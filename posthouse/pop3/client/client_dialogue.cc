#include "posthouse/pop3/client/client_dialogue.h"

#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/dot_decoder.h"
#include "posthouse/net/error.h"

namespace posthouse::pop3 {
namespace {

// The response code of "-ERR [IN-USE] text" (RFC 2449 section 8), in upper case.
std::string response_code(std::string_view text) {
  if (text.empty() || text.front() != '[') {
    return {};
  }
  const std::size_t end = text.find(']');
  return end == std::string_view::npos ? std::string() : to_upper(text.substr(1, end - 1));
}

Errc kind_of(std::string_view code, Errc otherwise) {
  if (code == "IN-USE") {
    return Errc::in_use;
  }
  if (code == "SYS/TEMP" || code == "LOGIN-DELAY") {
    return Errc::temporary;
  }
  if (code == "AUTH") {
    return Errc::auth_failed;
  }
  return otherwise;
}

}  // namespace

Dialogue::Dialogue(net::Stream stream, ClientOptions options)
    : stream_(std::move(stream)), options_(std::move(options)), tracer_(options_.trace) {}

void Dialogue::command(std::string_view line) {
  // After an answer that nobody asked for, no other can be told from the one before it.
  if (!stream_.buffered().empty()) {
    nonsense("each command gets one answer", read_line());
  }
  shown_ = dialogue::masked(line);
  tracer_.command(line);
  send_line(line);
}

void Dialogue::response(std::string_view line) {
  tracer_.response(line);
  send_line(line);
}

void Dialogue::send_line(std::string_view line) {
  stream_.write_later(line);
  stream_.write("\r\n", deadline());
}

void Dialogue::command_later(std::string_view line) {
  tracer_.command(line);
  stream_.write_later(line);
  stream_.write_later("\r\n");
}

void Dialogue::send() {
  stream_.flush(deadline());
}

std::string Dialogue::read_line() {
  try {
    auto line = stream_.read_line(max_line, deadline());
    if (!line) {
      throw net::Error(net::Errc::closed, "the POP3 server ended the connection instead of answering " +
                                              (shown_.empty() ? "with its welcome" : shown_));
    }
    tracer_.reply(*line);
    return *std::move(line);
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::too_long) {
      too_large("a line of more than 8 KiB");
    }
    stream_.close();
    throw;
  }
}

std::string Dialogue::status(Errc otherwise) {
  std::string line = read_line();
  std::string_view rest = line;
  const std::string_view indicator = take_word(rest);
  if (indicator == "+OK") {
    return std::string(rest);
  }
  if (indicator == "-ERR") {
    refused(line, otherwise);
  }
  nonsense("a status line begins with +OK or -ERR", line);
}

bool Dialogue::challenge_or_status(std::string& text) {
  const std::string line = read_line();
  std::string_view rest = line;
  const std::string_view indicator = take_word(rest);
  text = rest;
  if (indicator == "+") {
    return true;
  }
  if (indicator == "+OK") {
    return false;
  }
  if (indicator == "-ERR") {
    refused(line, Errc::auth_failed);
  }
  nonsense("an answer to AUTH begins with +, +OK or -ERR", line);
}

void Dialogue::lines(const std::function<void(std::string_view)>& each) {
  for (std::size_t count = 0;; ++count) {
    const std::string line = read_line();
    if (line == ".") {
      return;
    }
    if (count == options_.max_entries) {
      too_large("an answer of more than " + std::to_string(count) + " lines");
    }
    each(line.starts_with('.') ? std::string_view(line).substr(1) : std::string_view(line));
  }
}

std::uint64_t Dialogue::text(const std::function<void(std::string_view)>& sink) {
  std::uint64_t octets = 0;
  dialogue::DotDecoder decoder(dialogue::BareLineEnds::pass);
  const auto counted = [&](std::string_view chunk) {
    octets += chunk.size();
    if (octets > options_.max_message) {
      too_large("a message of more than " + std::to_string(options_.max_message));
    }
    sink(chunk);
  };
  try {
    for (;;) {
      stream_.consume(decoder.scan(stream_.buffered(), counted));
      if (decoder.finished()) {
        break;
      }
      if (!stream_.fill(deadline())) {
        throw net::Error(net::Errc::closed, "the POP3 server ended the connection in the middle of " + shown_);
      }
    }
  } catch (...) {
    stream_.close();
    throw;
  }
  if (tracer_.active()) {
    tracer_.note("text of " + std::to_string(octets) + " octets");
  }
  return octets;
}

void Dialogue::nonsense(const std::string& what, std::string_view answer) {
  stream_.close();
  throw Error(Errc::protocol, fmt::format("the POP3 server answered '{}': {}", printable(answer), what),
              {.statement = shown_, .reply = std::string(answer), .connection_usable = false});
}

void Dialogue::too_large(const std::string& what) {
  stream_.close();
  throw Error(Errc::too_large, fmt::format("the POP3 server sent {} in answer to {}", what, shown_),
              {.statement = shown_, .connection_usable = false});
}

void Dialogue::refused(const std::string& line, Errc otherwise) {
  std::string_view text = line;
  take_word(text);
  std::string code = response_code(text);
  const std::string said = text.empty() ? "no reason given" : printable(text);
  throw Error(kind_of(code, otherwise),
              shown_.empty() ? "the POP3 server refuses the connection: " + said
                             : fmt::format("the POP3 server refuses {}: {}", shown_, said),
              {.statement = shown_, .reply = line}, code);
}

}  // namespace posthouse::pop3
