// Any octets are a message.
//
// What must hold: ENVELOPE and BODYSTRUCTURE, written, are read back as what they were; each part that BODYSTRUCTURE
// shows is found by its number, with the size that it shows; the table of parts survives its encoding.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/imap/imap.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_envelope(const mime::Message& message, bool has_nul) {
  const imap::Envelope envelope = imap::make_envelope(message.headers());
  std::string text;
  imap::append_envelope(text, envelope);
  imap::Cursor in(text);
  const auto again = imap::read_envelope(in);
  require(again && in.at_end());
  require(has_nul || *again == envelope);
  std::string second;
  imap::append_envelope(second, *again);
  require(second == text);
}

void check_structure(const imap::BodyStructure& structure, bool has_nul) {
  for (const imap::BodyForm form : {imap::BodyForm::structure, imap::BodyForm::body}) {
    std::string text;
    imap::append_body_structure(text, structure, form);
    imap::Cursor in(text);
    const auto again = imap::read_body_structure(in);
    require(again && in.at_end() && again->parts.size() == structure.parts.size());
    require(has_nul || form == imap::BodyForm::body || *again == structure);
    std::string second;
    imap::append_body_structure(second, *again, form);
    require(second == text);
  }
}

void check_parts(const mime::Message& message, const imap::BodyStructure& structure) {
  const imap::PartTable table = imap::PartTable::of(message);
  const std::string octets = table.encode();
  require(imap::PartTable::decode(octets) == table);
  for (std::size_t i = 0; i < structure.parts.size() && i < 200; ++i) {
    const std::string number = structure.number(i);
    const std::string brackets = '[' + number + ']';
    imap::Cursor in(brackets);
    const auto section = imap::read_section(in, {.depth = 1000});
    require(section.has_value());
    const auto slice = table.find(*section);
    const imap::BodyPart& part = structure.parts[i];
    const imap::BodyPart& parent = structure.parts[part.parent];
    const bool stand_in = part.parent != i && parent.is_message() && parent.envelope == imap::Envelope() && !slice;
    require(slice || stand_in);
    if (slice && !number.empty()) {
      require(part.is_multipart() || slice->size == part.size);
      require(slice->offset + slice->size <= message.raw().size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool has_nul = bytes.find('\0') != std::string_view::npos;
  const mime::Message message = mime::Message::view(bytes);
  check_envelope(message, has_nul);
  const imap::BodyStructure structure = imap::make_body_structure(message);
  check_structure(structure, has_nul);
  check_parts(message, structure);
  imap::PartTable::decode(bytes);
  const imap::Section subset{{}, imap::SectionText::header_fields, {"Subject"}};
  require(imap::header_subset(bytes, subset).ends_with("\r\n"));
  return 0;
}
