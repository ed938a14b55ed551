#include "posthouse/imap/search/indexed_text.h"

#include <array>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/search/message_text.h"
#include "posthouse/imap/wire/item/envelope.h"
#include "posthouse/imap/wire/message/make_envelope.h"
#include "posthouse/imap/wire/text/cursor.h"
#include "posthouse/mime/charset/casemap.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {
namespace {

constexpr int format = 1;

using IndexedSink = std::function<void(IndexedPlace, std::string_view)>;

constexpr std::array<std::pair<std::string_view, IndexedPlace>, 5> named_places{{{"From", IndexedPlace::from},
                                                                                 {"To", IndexedPlace::to},
                                                                                 {"Cc", IndexedPlace::cc},
                                                                                 {"Bcc", IndexedPlace::bcc},
                                                                                 {"Subject", IndexedPlace::subject}}};

IndexedPlace place_of(std::string_view field) {
  for (const auto& [name, place] : named_places) {
    if (iequals(name, field)) {
      return place;
    }
  }
  return IndexedPlace::header;
}

void index_addresses(const Envelope& envelope, const IndexedSink& sink) {
  const std::pair<IndexedPlace, const std::vector<EnvelopeAddress>*> lists[] = {{IndexedPlace::from, &envelope.from},
                                                                                {IndexedPlace::to, &envelope.to},
                                                                                {IndexedPlace::cc, &envelope.cc},
                                                                                {IndexedPlace::bcc, &envelope.bcc}};
  for (const auto& [place, list] : lists) {
    if (!list->empty()) {
      sink(place, address_text(*list));
    }
  }
}

// What keys find in an ENVELOPE (TextKeys::fill_envelope).
void index_envelope(std::string_view wire, const IndexedSink& sink) {
  Cursor in(wire);
  const Envelope envelope = read_envelope(in).value_or(Envelope());
  if (envelope.subject) {
    sink(IndexedPlace::subject, decoded_value(*envelope.subject));
  }
  for (const auto* text : {&envelope.message_id, &envelope.in_reply_to, &envelope.date}) {
    if (*text) {
      sink(IndexedPlace::header, decoded_value(**text));
    }
  }
  index_addresses(envelope, sink);
}

// What HEADER keys find in fields (TextKeys::fill_header). TEXT sees the same in those that are UTF-8 where it sees the
// message as a whole; of others it guesses the charset by all of it.
void index_fields(const mime::Headers& headers, bool whole, const IndexedSink& sink) {
  for (const mime::Field field : headers) {
    const IndexedPlace place = place_of(field.name());
    if (place != IndexedPlace::header || !whole || !mime::is_valid_utf8(field.raw_value())) {
      sink(place, decoded_value(field.raw_value()));
    }
  }
  index_addresses(make_envelope(headers), sink);
}

}  // namespace

bool each_indexed_text(const IndexedMessage& message, const IndexedSink& sink) {
  index_envelope(message.envelope, sink);
  const TextSink all = [&](TextPlace place, std::string_view text) {
    sink(place == TextPlace::body ? IndexedPlace::body : IndexedPlace::header, text);
    return true;
  };
  if (message.content) {
    index_fields(mime::HeaderBlock::scan(*message.content).headers(), true, sink);
    return each_text(mime::Message::view(*message.content), TextPlace::header, all);
  }
  const std::string header = read_header(message.read, message.size);
  index_fields(mime::HeaderBlock::scan(header).headers(), false, sink);
  return !header.empty() && each_text_of_large(message.read, message.size, message.parts, all);
}

std::vector<IndexedPlace> indexed_places(const SearchKey& key) {
  if (key.text.empty()) {
    return {};
  }
  switch (key.term) {
    case SearchTerm::header:
      return {place_of(key.field)};
    case SearchTerm::body:
      return {IndexedPlace::body};
    case SearchTerm::text:
      return {IndexedPlace::header, IndexedPlace::body};
    default:
      return {};
  }
}

std::string indexed_text_format() {
  return std::to_string(format) + "/" + mime::casemap_version();
}

}  // namespace posthouse::imap
