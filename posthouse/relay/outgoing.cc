#include "posthouse/relay/outgoing.h"

#include <algorithm>

#include "posthouse/delivery/header_scanner.h"

namespace posthouse::relay {
namespace {

/// Ends the reading of a body when there is enough of it.
struct Enough {};

std::string beginning_of(store::Store& store, store::MessageId id, std::size_t octets) {
  std::string text;
  try {
    store.read_body(id, [&](std::string_view chunk) {
      text.append(chunk.substr(0, octets - text.size()));
      if (text.size() == octets) {
        throw Enough{};
      }
    });
  } catch (const Enough&) {
  }
  return text;
}

std::string_view header_of(std::string_view message) {
  if (message.starts_with("\r\n")) {
    return {};
  }
  const std::size_t end = message.find("\r\n\r\n");
  return end == std::string_view::npos ? message : message.substr(0, end + 2);
}

unsigned received_fields(std::string_view header) {
  delivery::HeaderScanner scanner;
  scanner.scan(header);
  return scanner.received();
}

}  // namespace

Outgoing::Outgoing(store::Store& store, const queue::Claimed& message)
    : store_(store),
      id_(message.message_id),
      skip_(std::min(message.skip_octets, message.size)),
      size_(message.size - skip_) {
  held_ = message.size <= held_octets ? store.load_body(id_) : beginning_of(store, id_, header_octets + skip_);
  held_.erase(0, skip_);
  header_ = header_of(std::string_view(held_).substr(0, header_octets));
  hops_ = received_fields(header_);
}

smtp::SendResult Outgoing::send(smtp::Client& client, const smtp::Envelope& envelope) const {
  if (held_.size() == size_) {
    return client.send(envelope, held_);
  }
  return client.send(envelope, [this](const std::function<void(std::string_view)>& write) {
    std::uint64_t skip = skip_;
    store_.read_body(id_, [&](std::string_view chunk) {
      const std::uint64_t here = std::min<std::uint64_t>(skip, chunk.size());
      skip -= here;
      if (here < chunk.size()) {
        write(chunk.substr(static_cast<std::size_t>(here)));
      }
    });
  });
}

}  // namespace posthouse::relay
