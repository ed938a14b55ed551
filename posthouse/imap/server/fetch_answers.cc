#include "posthouse/imap/server/fetch_answers.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "posthouse/imap/server/piece_decoder.h"

namespace posthouse::imap {
namespace {

constexpr std::uint64_t max_header =
    4 * 1024 * 1024;  // of a header whose fields are picked; what is beyond is not seen

Wants wants_of(const FetchItem& item) noexcept {
  switch (item.kind) {
    case FetchKind::envelope:
      return static_cast<Wants>(Want::envelope);
    case FetchKind::internal_date:
    case FetchKind::rfc822_size:
    case FetchKind::email_id:
    case FetchKind::save_date:
      return static_cast<Wants>(Want::size);
    case FetchKind::thread_id:
      return static_cast<Wants>(Want::thread);
    case FetchKind::body:
    case FetchKind::body_structure:
      return static_cast<Wants>(Want::structure);
    case FetchKind::preview:
      return static_cast<Wants>(Want::preview);
    case FetchKind::rfc822:
      return static_cast<Wants>(Want::content);
    case FetchKind::rfc822_header:
    case FetchKind::rfc822_text:
    case FetchKind::binary:
    case FetchKind::binary_size:
      return Want::size | Want::parts | static_cast<Wants>(Want::content);
    case FetchKind::body_section: {
      const bool whole = item.section.part.empty() && item.section.what == SectionText::whole;
      return whole ? static_cast<Wants>(Want::content) : Want::size | Want::parts | static_cast<Wants>(Want::content);
    }
    case FetchKind::flags:
    case FetchKind::uid:
    case FetchKind::modseq:
      break;
  }
  return {};
}

// The section that one of RFC822's names.
Section section_of(const FetchItem& item) {
  switch (item.kind) {
    case FetchKind::rfc822_header:
      return {.what = SectionText::header};
    case FetchKind::rfc822_text:
      return {.what = SectionText::text};
    default:
      return item.section;
  }
}

response::BodyData::Name name_of(FetchKind kind) noexcept {
  switch (kind) {
    case FetchKind::rfc822:
      return response::BodyData::Name::rfc822;
    case FetchKind::rfc822_header:
      return response::BodyData::Name::rfc822_header;
    case FetchKind::rfc822_text:
      return response::BodyData::Name::rfc822_text;
    case FetchKind::binary:
      return response::BodyData::Name::binary;
    default:
      return response::BodyData::Name::body;
  }
}

response::BodyData body_of(const FetchItem& item) {
  response::BodyData body{.name = name_of(item.kind), .section = item.section};
  if (item.partial) {
    body.origin = item.partial->offset;
  }
  return body;
}

}  // namespace

FetchAnswers::FetchAnswers(Outlet& outlet, OpenMailbox& mailbox, const std::vector<FetchItem>& items,
                           FetchExtras extras)
    : outlet_(outlet), mailbox_(mailbox), items_(items), extras_(std::move(extras)) {
  for (const FetchItem& item : items_) {
    wants_ = wants_ | wants_of(item);
    has_flags_ = has_flags_ || item.kind == FetchKind::flags;
    has_modseq_ = has_modseq_ || item.kind == FetchKind::modseq;
    has_uid_ = has_uid_ || item.kind == FetchKind::uid;
  }
}

void FetchAnswers::write(const Message& message) {
  message_ = &message;
  table_.reset();
  const bool by_uid = extras_.uid_only;
  FetchWriter fetch(outlet_.text(), by_uid ? message.uid : message.number, outlet_.style(), by_uid);
  if (extras_.uid && !has_uid_ && !by_uid) {
    fetch.uid(message.uid);
  }
  const bool now_seen = !extras_.seen.empty() && extras_.seen.contains(message.uid);
  if (now_seen && !has_flags_) {
    fetch.flags(*message.flags);
  }
  if (extras_.modseq && !has_modseq_) {
    fetch.modseq(message.modseq);
  }
  for (const FetchItem& item : items_) {
    write_item(fetch, item);
  }
  fetch.end();
  outlet_.end_response();
}

void FetchAnswers::write_item(FetchWriter& fetch, const FetchItem& item) {
  const Message& message = *message_;
  switch (item.kind) {
    case FetchKind::envelope:
      return fetch.ready("ENVELOPE", message.envelope);
    case FetchKind::flags:
      return fetch.flags(*message.flags);
    case FetchKind::internal_date:
      return fetch.internal_date(message.internal_date);
    case FetchKind::rfc822_size:
      return fetch.size(message.size);
    case FetchKind::body:
      return fetch.ready("BODY", message.body);
    case FetchKind::body_structure:
      return fetch.ready("BODYSTRUCTURE", message.body_structure);
    case FetchKind::uid:
      return fetch.uid(message.uid);
    case FetchKind::modseq:
      return fetch.modseq(message.modseq);
    case FetchKind::email_id:
      return message.email_id.empty() ? fetch.ready("EMAILID", "NIL") : fetch.email_id(message.email_id);
    case FetchKind::thread_id:
      return fetch.thread_id(message.thread_id.empty() ? std::nullopt : std::optional(std::string(message.thread_id)));
    case FetchKind::save_date:
      return fetch.save_date(mime::Date{.utc = message.save_date});
    case FetchKind::preview:
      return fetch.preview(message.preview ? std::optional(std::string(*message.preview)) : std::nullopt);
    case FetchKind::rfc822:
    case FetchKind::rfc822_header:
    case FetchKind::rfc822_text:
    case FetchKind::body_section:
      return write_body(fetch, item);
    case FetchKind::binary:
      return write_binary(fetch, item);
    case FetchKind::binary_size:
      return write_binary_size(fetch, item);
  }
}

const PartTable& FetchAnswers::table() {
  if (!table_) {
    table_ = PartTable::decode(message_->parts);
    if (!table_) {
      throw std::runtime_error("the table of a message's parts is damaged");
    }
  }
  return *table_;
}

// The octets a section names.
std::optional<Slice> FetchAnswers::find(const Section& section) {
  if (section.part.empty() && section.what == SectionText::whole) {
    return Slice{.offset = 0, .size = message_->size};
  }
  return table().find(section);
}

void FetchAnswers::write_body(FetchWriter& fetch, const FetchItem& item) {
  response::BodyData body = body_of(item);
  const Section section = section_of(item);
  std::optional<Slice> slice = find(section);
  if (!slice) {
    return fetch.body(body);  // NIL
  }
  if (section.what == SectionText::header_fields || section.what == SectionText::header_fields_not) {
    return write_header_subset(fetch, item, std::move(body), *slice);
  }
  write_slice(fetch, std::move(body), item.partial ? partial_of(*slice, *item.partial) : *slice);
}

void FetchAnswers::write_header_subset(FetchWriter& fetch, const FetchItem& item, response::BodyData body,
                                       const Slice& header) {
  const Slice read_of{.offset = header.offset, .size = std::min(header.size, max_header)};
  std::string subset;
  if (message_->content) {
    subset = header_subset(message_->content->substr(read_of.offset, read_of.size), item.section);
  } else {
    std::string text;
    read(read_of, [&](std::string_view octets) { text += octets; });
    subset = header_subset(text, item.section);
  }
  std::string_view octets = subset;
  if (item.partial) {
    const Slice part = partial_of({.offset = 0, .size = octets.size()}, *item.partial);
    octets = octets.substr(part.offset, part.size);
  }
  write_octets(fetch, std::move(body), octets);
}

// A body of `body.size` octets, which `write` gives to the outlet.
template <class Write>
void FetchAnswers::send_body(FetchWriter& fetch, const response::BodyData& body, bool has_nul, Write&& write) {
  fetch.begin_body(body, has_nul);
  outlet_.begin_body(body.size);
  write();
  outlet_.end_body();
  ++bodies_;
  octets_ += body.size;
}

void FetchAnswers::write_octets(FetchWriter& fetch, response::BodyData body, std::string_view octets) {
  body.size = octets.size();
  const bool binary = body.name == response::BodyData::Name::binary;
  send_body(fetch, body, binary && octets.find('\0') != std::string_view::npos, [&] { outlet_.body(octets); });
}

void FetchAnswers::write_slice(FetchWriter& fetch, response::BodyData body, const Slice& slice) {
  if (message_->content) {
    return write_octets(fetch, std::move(body), message_->content->substr(slice.offset, slice.size));
  }
  body.size = slice.size;
  send_body(fetch, body, false, [&] { read(slice, [&](std::string_view octets) { outlet_.body(octets); }); });
}

// Exactly the octets of `slice`.
void FetchAnswers::read(const Slice& slice, const Sink& sink) {
  if (slice.size == 0) {
    return;
  }
  std::uint64_t left = slice.size;
  const bool there = mailbox_.read(message_->uid, slice.offset, slice.size, [&](std::string_view octets) {
    octets = octets.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, octets.size())));
    left -= octets.size();
    sink(octets);
    return left > 0;
  });
  if (!there || left > 0) {
    throw std::runtime_error("a message ended before its end");
  }
}

bool FetchAnswers::decode(const FetchItem& item, const Slice& slice, const Sink& sink) {
  const auto encoding = item.section.part.empty()
                            ? mime::TransferEncoding::seven_bit
                            : table().encoding(item.section.part).value_or(mime::TransferEncoding::unknown);
  if (!PieceDecoder::can(encoding)) {
    unknown_encoding_ = true;
    return false;
  }
  PieceDecoder decoder(encoding);
  if (message_->content) {
    decoder.add(message_->content->substr(slice.offset, slice.size), sink);
  } else {
    read(slice, [&](std::string_view octets) { decoder.add(octets, sink); });
  }
  decoder.finish(sink);
  return true;
}

// Twice over the part, since its size comes before its octets: so that a part of any size takes little memory.
void FetchAnswers::write_binary(FetchWriter& fetch, const FetchItem& item) {
  response::BodyData body = body_of(item);
  const std::optional<Slice> slice = find(item.section);
  std::uint64_t size = 0;
  bool has_nul = false;
  if (!slice || !decode(item, *slice, [&](std::string_view octets) {
        size += octets.size();
        has_nul = has_nul || octets.find('\0') != std::string_view::npos;
      })) {
    return fetch.body(body);  // NIL
  }
  const Slice all{.offset = 0, .size = size};
  const Slice wanted = item.partial ? partial_of(all, *item.partial) : all;
  body.size = wanted.size;
  send_body(fetch, body, has_nul, [&] {
    std::uint64_t at = 0;
    decode(item, *slice, [&](std::string_view octets) {
      const std::uint64_t begin = std::max(at, wanted.offset);
      const std::uint64_t end = std::min(at + octets.size(), wanted.offset + wanted.size);
      if (begin < end) {
        outlet_.body(octets.substr(begin - at, end - begin));
      }
      at += octets.size();
    });
  });
}

void FetchAnswers::write_binary_size(FetchWriter& fetch, const FetchItem& item) {
  const std::optional<Slice> slice = find(item.section);
  std::uint64_t size = 0;
  if (slice) {
    decode(item, *slice, [&](std::string_view octets) { size += octets.size(); });
  }
  fetch.binary_size({.section = item.section, .size = size});
}

}  // namespace posthouse::imap
