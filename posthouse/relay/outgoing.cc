#include "posthouse/relay/outgoing.h"

#include "posthouse/delivery/header_scanner.h"
#include "posthouse/relay/tls/rules.h"

namespace posthouse::relay {
namespace {

constexpr std::size_t header_octets = 64 * 1024;

std::string beginning_of(store::Store& store, store::MessageId id, std::size_t octets) {
  std::string text;
  store.messages().read(
      id,
      [&](std::string_view chunk) {
        text.append(chunk.substr(0, octets - text.size()));
        return text.size() < octets;
      },
      store::Audience::next_hop);
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

std::string read_header(store::Store& store, store::MessageId message) {
  return std::string(header_of(beginning_of(store, message, header_octets)));
}

Outgoing::Outgoing(store::Store& store, const queue::Claimed& message) : store_(store), id_(message.message_id) {
  if (message.size <= held_octets) {
    held_ = store.messages().load(id_, store::Audience::next_hop);
    size_ = held_.size();
  } else {
    held_ = beginning_of(store, id_, header_octets);
    size_ = store.messages().size(id_, store::Audience::next_hop);
  }
  const std::string_view header = header_of(std::string_view(held_).substr(0, header_octets));
  hops_ = received_fields(header);
  tls_not_required_ = says_tls_not_required(header);
}

smtp::SendResult Outgoing::send(smtp::Client& client, const smtp::Envelope& envelope) const {
  if (held_.size() == size_) {
    return client.send(envelope, held_);
  }
  return client.send(envelope, [this](const std::function<void(std::string_view)>& write) {
    store_.messages().read(
        id_,
        [&](std::string_view chunk) {
          write(chunk);
          return true;
        },
        store::Audience::next_hop);
  });
}

}  // namespace posthouse::relay
