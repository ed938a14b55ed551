#include "posthouse/imap/search/text_keys.h"

#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/message/make_envelope.h"
#include "posthouse/imap/wire/text/cursor.h"
#include "posthouse/mime/charset/casemap.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t folded_at_once = 16 * 1024;

// How much of the beginning of `text` is folded at once; no character is split.
std::size_t piece_of(std::string_view text) noexcept {
  if (text.size() <= folded_at_once) {
    return text.size();
  }
  std::size_t size = folded_at_once;
  while (size > folded_at_once - 4 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
    --size;
  }
  return size > folded_at_once - 4 ? size : folded_at_once;  // so many such octets are no character's
}

}  // namespace

TextKeys::TextKeys(const Program& program) {
  const SearchKeys& keys = program.keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (depth_of(keys[i]) == Depth::sets) {
      continue;
    }
    if (keys[i].term == SearchTerm::header) {
      auto& place = fields_[to_lower(keys[i].field)];
      if (place == nullptr) {
        place = std::make_unique<Place>();
        place->of_envelope = is_of_envelope(keys[i]);
      }
      add(*place, i, keys[i].text);
    } else if (keys[i].term == SearchTerm::body) {
      add(body_, i, keys[i].text);
    } else if (keys[i].term == SearchTerm::text) {
      add(text_, i, keys[i].text);
    }
  }
  for (const auto& [name, place] : fields_) {
    place->needles.finish();
    place->scan.emplace(place->needles);
  }
  for (Place* place : {&body_, &text_}) {
    place->needles.finish();
    place->scan.emplace(place->needles);
  }
}

void TextKeys::add(Place& place, std::size_t key, const std::string& text) {
  place.keys.push_back({key, text.empty() ? std::nullopt : std::optional(place.needles.add(mime::casemapped(text)))});
}

TextKeys::Place* TextKeys::field(std::string_view name) {
  name_.resize(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) {
    name_[i] = to_lower(name[i]);
  }
  const auto found = fields_.find(name_);
  return found == fields_.end() ? nullptr : found->second.get();
}

void TextKeys::begin(Place& place) {
  place.scan->reset();
  place.seen = false;
}

void TextKeys::feed(Place& place, std::string_view text) {
  place.seen = true;
  while (!text.empty() && !place.scan->found_all()) {
    const std::size_t size = piece_of(text);
    folded_.clear();
    mime::append_casemapped(folded_, text.substr(0, size));
    place.scan->feed(folded_);
    text.remove_prefix(size);
  }
  place.scan->cut();
}

void TextKeys::fill(std::vector<Truth>& values, const Place& place, bool all) {
  for (const Place::Key& key : place.keys) {
    const bool holds = key.needle ? place.scan->found(*key.needle) : place.seen;
    if (holds || all) {
      values[key.key] = truth(holds);
    }
  }
}

void TextKeys::feed_addresses(const Envelope& envelope) {
  const std::pair<std::string_view, const std::vector<EnvelopeAddress>*> lists[] = {
      {"from", &envelope.from}, {"to", &envelope.to}, {"cc", &envelope.cc}, {"bcc", &envelope.bcc}};
  for (const auto& [name, list] : lists) {
    Place* const place = field(name);
    if (place != nullptr && !list->empty()) {
      feed(*place, address_text(*list));
    }
  }
}

void TextKeys::fill_envelope(std::vector<Truth>& values, std::string_view envelope) {
  if (fields_.empty()) {
    return;
  }
  Cursor in(envelope);
  const Envelope read = read_envelope(in).value_or(Envelope());
  for (const auto& [name, place] : fields_) {
    begin(*place);
  }
  const std::pair<std::string_view, const std::optional<std::string>*> texts[] = {{"subject", &read.subject},
                                                                                  {"message-id", &read.message_id},
                                                                                  {"in-reply-to", &read.in_reply_to},
                                                                                  {"date", &read.date}};
  for (const auto& [name, text] : texts) {
    Place* const place = field(name);
    if (place != nullptr && *text) {
      feed(*place, decoded_value(**text));
    }
  }
  feed_addresses(read);
  for (const auto& [name, place] : fields_) {
    fill(values, *place, place->of_envelope);
  }
}

void TextKeys::fill_header(std::vector<Truth>& values, const mime::Headers& headers) {
  for (const auto& [name, place] : fields_) {
    begin(*place);
  }
  bool any_address = false;
  for (const mime::Field value : headers) {
    Place* const place = field(value.name());
    if (place != nullptr && !place->of_envelope) {
      feed(*place, decoded_value(value.raw_value()));
      any_address = any_address || mime::is_address_field(value.name());
    }
  }
  if (any_address) {
    feed_addresses(make_envelope(headers));
  }
  for (const auto& [name, place] : fields_) {
    if (!place->of_envelope) {
      fill(values, *place, true);
    }
  }
}

void TextKeys::fill_texts(std::vector<Truth>& values, const std::function<bool(const TextSink&)>& texts) {
  if (body_.keys.empty() && text_.keys.empty()) {
    return;
  }
  begin(body_);
  begin(text_);
  bool enough = false;
  const bool to_the_end = texts([&](TextPlace place, std::string_view text) {
    feed(text_, text);
    if (place == TextPlace::body) {
      feed(body_, text);
    }
    enough = body_.scan->found_all() && text_.scan->found_all();
    return !enough;
  });
  fill(values, body_, to_the_end || enough);
  fill(values, text_, to_the_end || enough);
}

}  // namespace posthouse::imap
