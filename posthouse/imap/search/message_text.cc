#include "posthouse/imap/search/message_text.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "posthouse/imap/wire/message/make_envelope.h"
#include "posthouse/imap/wire/message/part_table.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/charset/charset_guess.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/html/html_text.h"

namespace posthouse::imap {
namespace {

constexpr std::uint64_t most_header = 1024 * 1024;
constexpr std::uint64_t read_whole = 64 * 1024;  // a part of this size is read in one go

// The charset of the first text in one: in it are the octets that senders put into headers as they are.
std::string charset_of(const mime::Message& message) {
  constexpr std::size_t asked = 32;
  for (const mime::Part part : message.walk()) {
    if (part.index() == asked) {
      break;
    }
    if (part.is_leaf() && part.is("text/")) {
      if (std::string charset = part.charset(); !charset.empty() && mime::is_known_charset(charset)) {
        return charset;
      }
    }
  }
  return {};
}

bool has_text(const mime::Part& part) {
  return part.is_leaf() && (part.is("text/") || part.is("message/") || part.is("multipart/"));
}

std::string searched_text(const mime::Part& part) {
  std::string text = part.text();
  if (part.is("text/html")) {
    text = mime::html_to_text(text, {.limit = std::max<std::size_t>(text.size() * 2, 1024)});
  }
  return text;
}

bool header_texts(const mime::Part& part, TextPlace place, std::string_view charset, const TextSink& sink) {
  const mime::Headers headers = part.headers();
  std::string text;
  bool any_address = false;
  for (const mime::Field field : headers) {
    any_address = any_address || mime::is_address_field(field.name());
    text.assign(field.name());
    text += ": ";
    text += decoded_value(field.raw_value(), charset);
    if (!sink(place, text)) {
      return false;
    }
  }
  if (any_address) {
    const Envelope envelope = make_envelope(headers);
    for (const auto* list :
         {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc}) {
      if (!list->empty() && (list == &envelope.from || *list != envelope.from) && !sink(place, address_text(*list))) {
        return false;
      }
    }
  }
  const auto filename = headers.empty() ? std::nullopt : part.filename();
  return !filename || sink(place, *filename);
}

// Octets of a message, or nothing when it has gone.
std::optional<std::string> read_octets(const OctetReader& reader, std::uint64_t offset, std::uint64_t size) {
  std::string octets;
  octets.reserve(size);
  const bool there = reader(offset, size, [&](std::string_view piece) {
    octets += piece.substr(0, size - octets.size());
    return true;
  });
  return there ? std::optional(std::move(octets)) : std::nullopt;
}

// The part with as much of its body as is looked through, as a message of its own.
std::optional<std::string> read_part(const OctetReader& reader, const PartTable::Part& part) {
  const std::uint64_t header = std::min(part.header.size, most_header);
  const std::uint64_t body = part.leaf ? std::min(part.body.size, most_part_text) : 0;
  if (part.header.size == 0) {
    auto octets = read_octets(reader, part.body.offset, body);
    return octets ? std::optional("\r\n" + *octets) : std::nullopt;
  }
  if (header < part.header.size || header + body <= read_whole) {
    return read_octets(reader, part.header.offset, header < part.header.size ? header : header + body);
  }
  auto octets = read_octets(reader, part.header.offset, header);
  if (!octets || !part.leaf || !has_text(mime::Message::view(*octets).root())) {
    return octets;
  }
  const auto rest = read_octets(reader, part.body.offset, body);
  if (!rest) {
    return std::nullopt;
  }
  *octets += *rest;
  return octets;
}

}  // namespace

OctetReader octets_of(OpenMailbox& mailbox, std::uint32_t uid) {
  return [&mailbox, uid](std::uint64_t offset, std::uint64_t size, const std::function<bool(std::string_view)>& sink) {
    return mailbox.read(uid, offset, size, sink);
  };
}

std::string decoded_value(std::string_view raw, std::string_view charset) {
  return mime::is_valid_utf8(raw) ? mime::decode_words(raw) : mime::decode_words(mime::decode_raw_header(raw, charset));
}

std::string address_text(const std::vector<EnvelopeAddress>& addresses) {
  std::string text;
  bool first = true;
  for (const EnvelopeAddress& address : addresses) {
    if (!address.host) {  // the beginning or the end of a group
      text += !address.mailbox ? ";" : first ? "" : ", ";
      text += address.mailbox ? decoded_value(*address.mailbox) + ": " : "";
      first = address.mailbox.has_value();
      continue;
    }
    text += first ? "" : ", ";
    first = false;
    const std::string mailbox =
        decoded_value(address.mailbox.value_or("")) + (address.host->empty() ? "" : '@' + decoded_value(*address.host));
    text += address.name ? decoded_value(*address.name) + " <" + mailbox + '>' : mailbox;
  }
  return text;
}

bool each_text(const mime::Message& message, TextPlace own_header, const TextSink& sink) {
  const std::string charset = charset_of(message);
  for (const mime::Part part : message.walk()) {
    const bool embedded = part.index() != 0 && part.parent()->is_message();
    const TextPlace place = part.index() == 0 ? own_header : embedded ? TextPlace::body : TextPlace::header;
    if (!header_texts(part, place, charset, sink) || (has_text(part) && !sink(TextPlace::body, searched_text(part)))) {
      return false;
    }
  }
  return true;
}

bool each_text_of_large(const OctetReader& reader, std::uint64_t size, std::string_view parts, const TextSink& sink) {
  const auto table = PartTable::decode(parts);
  if (!table) {
    const auto octets = read_octets(reader, 0, std::min(size, most_part_text));
    return octets && each_text(mime::Message::view(*octets), TextPlace::header, sink);
  }
  const std::vector<PartTable::Part> all = table->parts();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto octets = read_part(reader, all[i]);
    const TextPlace place = i != 0 && all[all[i].parent].message ? TextPlace::body : TextPlace::header;
    if (!octets || !each_text(mime::Message::view(*octets), place, sink)) {
      return false;
    }
  }
  return true;
}

std::string read_header(const OctetReader& reader, std::uint64_t size) {
  constexpr std::uint64_t mostly_enough = 16 * 1024;
  auto octets = read_octets(reader, 0, std::min(size, mostly_enough));
  if (octets && size > mostly_enough && !mime::HeaderBlock::scan(*octets).complete()) {
    octets = read_octets(reader, 0, std::min(size, most_header));
  }
  return octets.value_or("");
}

}  // namespace posthouse::imap
