#include "posthouse/dialogue/server_dialogue.h"

#include "posthouse/fiber/run.h"

namespace posthouse::dialogue {

void ServerDialogue::say(std::string_view line) {
  tracer_.reply(line);
  replies_.append(line).append("\r\n");
}

void ServerDialogue::say_lines(std::string_view lines) {
  tracer_.replies(lines);
  replies_.append(lines);
}

void ServerDialogue::flush(net::Deadline deadline) {
  if (replies_.empty()) {
    return;
  }
  ++flushes_;
  broken_ = true;
  stream_.write(replies_, deadline);
  broken_ = false;
  replies_.clear();
}

void ServerDialogue::rest() noexcept {
  if (replies_.empty()) {
    std::string().swap(replies_);
  }
  fiber::shrink_stack();
}

bool ServerDialogue::take_back(const Mark& mark) noexcept {
  if (flushes_ != mark.flushes) {
    return false;
  }
  replies_.resize(mark.size);
  return true;
}

void ServerDialogue::start_tls(const net::TlsContext& context, net::Deadline deadline) {
  flush(deadline);
  line_size_ = 0;
  scanner_.reset();
  stream_.start_tls_server(context, deadline);
  if (const auto tls = tracer_.active() ? stream_.tls() : std::nullopt) {
    tracer_.note(tls->version + ", " + tls->cipher + " from here on");
  }
}

}  // namespace posthouse::dialogue
