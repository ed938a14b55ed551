#include "posthouse/pop3/wire/dot_stuffing.h"

#include <cstring>

namespace posthouse::pop3 {
namespace {

const char* find_lf(const char* from, const char* end) {
  return from == end ? nullptr
                     : static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)));
}

}  // namespace

void DotStuffer::append(std::string_view chunk) {
  if (chunk.empty()) {
    return;
  }
  const char* const begin = chunk.data();
  const char* const end = begin + chunk.size();
  const char* pending = begin;  // what from here on is not in out_ yet
  if (line_start_ && *begin == '.') {
    out_.push_back('.');
  }
  for (const char* at = begin; const char* lf = find_lf(at, end);) {
    const bool crlf = lf == begin ? after_cr_ : lf[-1] == '\r';
    if (!crlf) {
      out_.append(pending, lf).push_back('\r');
      pending = lf;
    }
    at = lf + 1;
    if (at != end && *at == '.') {
      out_.append(pending, at).push_back('.');
      pending = at;
    }
  }
  out_.append(pending, end);
  line_start_ = end[-1] == '\n';
  after_cr_ = end[-1] == '\r';
}

void DotStuffer::finish() {
  if (!line_start_) {
    out_ += after_cr_ ? "\n" : "\r\n";
  }
  out_ += ".\r\n";
}

std::string_view TopCutter::take(std::string_view chunk) {
  const char* const begin = chunk.data();
  const char* const end = begin + chunk.size();
  const char* at = begin;
  while (!done() && at != end) {
    const char* lf = find_lf(at, end);
    const char* stop = lf ? lf : end;
    if (line_size_ == 0 && at != stop) {
      line_is_cr_ = *at == '\r';
    }
    line_size_ += static_cast<std::size_t>(stop - at);
    if (!lf) {
      return chunk;
    }
    at = lf + 1;
    if (in_body_) {
      --left_;
    } else {
      in_body_ = line_size_ == 0 || (line_size_ == 1 && line_is_cr_);
    }
    line_size_ = 0;
  }
  return {begin, static_cast<std::size_t>(at - begin)};
}

std::size_t DotUnstuffer::take(std::string_view input, const std::function<void(std::string_view)>& sink) {
  const char* const begin = input.data();
  const char* const end = begin + input.size();
  const char* pending = begin;  // text from here on is not handed on yet
  const char* at = begin;
  const auto hand_on = [&](const char* until) {
    if (pending != until) {
      sink({pending, static_cast<std::size_t>(until - pending)});
    }
    pending = until;
  };
  while (at != end && state_ != State::done) {
    switch (state_) {
      case State::line_start:
        if (*at == '.') {
          hand_on(at);
          pending = ++at;
          state_ = State::dot;
        } else {
          state_ = State::text;
        }
        break;
      case State::dot:
        if (*at == '\r') {
          ++at;
          state_ = State::dot_cr;
        } else {
          state_ = State::text;
        }
        break;
      case State::dot_cr:
        if (*at == '\n') {
          pending = ++at;
          state_ = State::done;
        } else {
          if (at == begin) {
            sink("\r");  // held back from the chunk before
          }
          state_ = State::text;
        }
        break;
      case State::text_cr:
        if (*at == '\n') {
          ++at;
          state_ = State::line_start;
        } else {
          state_ = State::text;
        }
        break;
      case State::text:
        if (const char* lf = find_lf(at, end)) {
          state_ = lf != at && lf[-1] == '\r' ? State::line_start : State::text;
          at = lf + 1;
        } else {
          state_ = end[-1] == '\r' ? State::text_cr : State::text;
          at = end;
        }
        break;
      case State::done:
        break;
    }
  }
  // After ".\r" the CR is text only if no LF follows: the next chunk tells.
  if (state_ != State::done && state_ != State::dot_cr) {
    hand_on(at);
  }
  return static_cast<std::size_t>(at - begin);
}

}  // namespace posthouse::pop3
