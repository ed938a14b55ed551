// Responses as they come.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/imap/client/session.h"
#include "posthouse/net/error.h"

namespace posthouse::imap {

Response& ClientSession::next() {
  Response* response = next_until(deadline());
  return *response;
}

// The next response; with `wait` false, null where more octets would have to be waited for.
Response* ClientSession::next_until(net::Deadline deadline, bool wait) {
  for (;;) {
    const std::string_view input = stream_.buffered();
    const ResponseStep step = reader_.read(input);
    if (std::exchange(fresh_, false)) {
      response_size_ = 0;
    }
    if (step.event != ResponseEvent::octets) {
      response_size_ += step.size;
      if (tracer_.active() && traced_.size() < max_traced) {
        traced_ += input.substr(0, std::min(step.size, max_traced - traced_.size()));
      }
    }
    switch (step.event) {
      case ResponseEvent::body:
        body_begins();
        break;
      case ResponseEvent::octets:
        body_octets(step.octets);
        break;
      case ResponseEvent::failed:
        too_large("a response beyond the limits");
      case ResponseEvent::response:
        stream_.consume(step.size);
        trace_response();
        fresh_ = true;
        return &reader_.response();
      case ResponseEvent::more:
        break;
    }
    stream_.consume(step.size);
    if (step.event != ResponseEvent::more) {
      continue;
    }
    if (!wait) {
      return nullptr;
    }
    try {
      if (stream_.fill(deadline)) {
        continue;
      }
    } catch (const net::Error& error) {
      if (bye_ && error.errc() != net::Errc::canceled && error.errc() != net::Errc::timeout) {
        ended();
      }
      throw;
    }
    ended();
  }
}

void ClientSession::ended() {
  stream_.close();
  if (bye_) {
    throw Error(Errc::bye, "the IMAP server ended the session: " + printable(*bye_),
                {.statement = shown_, .reply = "BYE " + *bye_});
  }
  throw net::Error(net::Errc::closed, "the IMAP server ended the connection instead of answering " +
                                          (shown_.empty() ? "with its greeting" : shown_));
}

void ClientSession::trace_response() {
  if (!tracer_.active()) {
    return;
  }
  tracer_.replies(traced_);
  if (traced_.size() == max_traced) {
    tracer_.note("… response of " + std::to_string(response_size_) + " octets");
  }
  traced_.clear();
}

void ClientSession::body_begins() {
  const response::BodyData& data = reader_.body().data;
  body_wanted_ = body_section_ != nullptr && !body_came_ && data.name == response::BodyData::Name::body &&
                 data.section.part == body_section_->part && data.section.what == body_section_->what;
  body_came_ = body_came_ || body_wanted_;
  if (data.size > options_.max_message) {
    too_large("a message of more than " + std::to_string(options_.max_message) + " octets");
  }
  if (tracer_.active()) {
    tracer_.note("body of " + std::to_string(data.size) + " octets");
  }
}

void ClientSession::body_octets(std::string_view octets) {
  if (body_wanted_) {
    (*body_sink_)(octets);
  }
}

void ClientSession::drain() {
  if (stream_.buffered().empty()) {
    return;
  }
  Guard guard(*this);
  while (Response* response = next_until({}, false)) {
    if (response->kind != ResponseKind::untagged) {
      nonsense("nothing was asked");
    }
    untagged(response->data, {});
  }
  guard.done();
}

void ClientSession::nonsense(const std::string& what) {
  stream_.close();
  throw Error(Errc::protocol,
              fmt::format("the IMAP server's answer to {} makes no sense: {}",
                          shown_.empty() ? "the connection" : shown_, what),
              {.statement = shown_});
}

void ClientSession::too_large(const std::string& what) {
  stream_.close();
  throw Error(Errc::too_large, fmt::format("the IMAP server answers {} with {}", shown_, what), {.statement = shown_});
}

}  // namespace posthouse::imap
