#include "posthouse/imap/wire/message/make_envelope.h"

#include "posthouse/mime/fields/as_written.h"

namespace posthouse::imap {
namespace {

std::optional<std::string> text_of(const mime::Headers& headers, std::string_view name) {
  const auto field = headers.find(name);
  return field ? std::optional(field->unfolded()) : std::nullopt;
}

std::optional<std::string> if_any(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

EnvelopeAddress envelope_address(mime::WrittenAddress&& address) {
  return {.name = if_any(address.name.empty() ? std::move(address.comment) : std::move(address.name)),
          .route = if_any(std::move(address.route)),
          .mailbox = std::move(address.local_part),
          .host = std::move(address.domain)};
}

void append_addresses(std::vector<EnvelopeAddress>& out, std::string_view value) {
  for (mime::WrittenGroup& group : mime::parse_written_addresses(value, max_envelope_addresses - out.size())) {
    if (group.named) {
      out.push_back({.mailbox = std::move(group.name)});
    }
    for (mime::WrittenAddress& address : group.members) {
      out.push_back(envelope_address(std::move(address)));
    }
    if (group.named) {
      out.emplace_back();
    }
  }
}

std::vector<EnvelopeAddress> addresses_of(const mime::Headers& headers, std::string_view name) {
  std::vector<EnvelopeAddress> out;
  for (const mime::Field field : headers) {
    if (out.size() < max_envelope_addresses && field.is(name)) {
      append_addresses(out, field.raw_value());
    }
  }
  return out;
}

}  // namespace

Envelope make_envelope(const mime::Headers& headers) {
  Envelope envelope;
  envelope.date = text_of(headers, "Date");
  envelope.subject = text_of(headers, "Subject");
  envelope.from = addresses_of(headers, "From");
  envelope.sender = addresses_of(headers, "Sender");
  envelope.reply_to = addresses_of(headers, "Reply-To");
  for (auto* list : {&envelope.sender, &envelope.reply_to}) {
    if (list->empty()) {
      *list = envelope.from;
    }
  }
  envelope.to = addresses_of(headers, "To");
  envelope.cc = addresses_of(headers, "Cc");
  envelope.bcc = addresses_of(headers, "Bcc");
  envelope.in_reply_to = text_of(headers, "In-Reply-To");
  envelope.message_id = text_of(headers, "Message-ID");
  return envelope;
}

}  // namespace posthouse::imap
