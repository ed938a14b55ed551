#include "posthouse/imap/server/outlet.h"

#include <algorithm>
#include <utility>

#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"

namespace posthouse::imap {
namespace {

constexpr net::Duration stop_time = std::chrono::seconds(1);  // for the last answer of a session that is cancelled

}  // namespace

SessionOver connection_failed(const net::Error& error) {
  return {error.errc() == net::Errc::timeout    ? SessionEnd::timeout
          : error.errc() == net::Errc::canceled ? SessionEnd::stopped
                                                : SessionEnd::disconnected,
          error.what()};
}

void Outlet::untagged(const response::Data& data) {
  ResponseWriter(text(), style_).untagged(data);
  end_response();
}

void Outlet::untagged_ok(ResponseCode code, std::string text) {
  untagged(response::Status{.code = std::move(code), .text = std::move(text)});
}

void Outlet::tagged(std::string_view tag, const response::Status& status) {
  ResponseWriter(text(), style_).tagged(tag, status);
  end_response();
}

void Outlet::proceed(std::string_view octets) {
  text().append("+ ").append(octets).append("\r\n");
  end_response();
}

void Outlet::end_response() {
  if (dialogue_.tracer().active()) {
    dialogue_.tracer().replies(std::string_view(text()).substr(traced_));
  }
  complete_ = traced_ = text().size();
  partly_sent_ = false;
  flush_when_much();
}

void Outlet::begin_body(std::uint64_t size) {
  if (dialogue_.tracer().active()) {
    dialogue_.tracer().replies(std::string_view(text()).substr(traced_));
    dialogue_.tracer().note("a body of " + std::to_string(size) + " octets");
  }
}

void Outlet::body(std::string_view octets) {
  for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) {
    text() += octets.substr(0, piece);
    flush_when_much();
  }
}

bool Outlet::take_back() noexcept {
  if (partly_sent_) {
    return false;
  }
  text().resize(complete_);
  traced_ = std::min(traced_, complete_);
  return true;
}

void Outlet::flush_when_much() {
  if (text().size() >= dialogue::ServerDialogue::flush_at) {
    flush();
  }
}

void Outlet::flush() {
  partly_sent_ = partly_sent_ || text().size() > complete_;
  try {
    dialogue_.flush(net::Deadline::after(net::cancel_requested() ? stop_time : timeouts_.write));
  } catch (const net::Error& error) {
    throw connection_failed(error);
  }
  complete_ = traced_ = 0;
}

}  // namespace posthouse::imap
